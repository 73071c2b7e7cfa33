import { testCluster } from './matrix.ts';

testCluster('rabbitmq');
