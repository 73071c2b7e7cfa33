import { testCluster } from './matrix.ts';

testCluster('redis');
