import { testBroker, testLog } from '@rt/core/conformance';
import type { BrokerUnderTest } from '@rt/core/conformance';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedRedis } from '../../../tests/servers/redis.ts';
import type { Redis, RedisServer } from '../../../tests/servers/redis.ts';
import { redisBroker } from '../src/index.ts';

/** One that is given can't be paused. */
let redis: Redis | RedisServer;

beforeAll(async () => {
  redis = await sharedRedis();
});
afterAll(() => redis.stop());

/** A service of its own for each test: what another one calls its channels is not seen. */
const start = async (): Promise<BrokerUnderTest> => {
  const server = redis;
  const namespace = `test.${randomBytes(6).toString('hex')}`;
  return {
    broker: () => redisBroker({ url: redis.url, namespace }),
    unreachable: () => redisBroker({ port: 1, namespace }),
    ...('pause' in server && { pause: () => server.pause(), resume: () => server.resume() }),
    stop: async () => undefined,
  };
};

testBroker({ describe, it, expect }, 'Redis', start);
testLog({ describe, it, expect }, 'Redis', start);
