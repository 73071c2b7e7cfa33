import { testCluster } from './matrix.ts';

testCluster('memory');
