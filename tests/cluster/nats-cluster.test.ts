import { testCluster } from './matrix.ts';

testCluster('nats-cluster');
