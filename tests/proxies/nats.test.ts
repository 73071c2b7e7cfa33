import { testBehindProxies } from './matrix.ts';

testBehindProxies('nats');
