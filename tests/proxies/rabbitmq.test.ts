import { testBehindProxies } from './matrix.ts';

testBehindProxies('rabbitmq');
