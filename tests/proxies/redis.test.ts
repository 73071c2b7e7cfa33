import { testBehindProxies } from './matrix.ts';

testBehindProxies('redis');
