import { redisBroker } from '@rt/broker-redis';
import { startRedis } from '../../servers/redis.ts';
import { testLongStall } from './stall.ts';

testLongStall(
  'Redis',
  () => startRedis(),
  (url) => redisBroker({ url }),
);
