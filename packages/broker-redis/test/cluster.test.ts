import { testBroker, testLog } from '@rt/core/conformance';
import type { BrokerUnderTest } from '@rt/core/conformance';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedisCluster } from '../../../tests/servers/redis-cluster.ts';
import type { RedisCluster } from '../../../tests/servers/redis-cluster.ts';
import { redisBroker } from '../src/index.ts';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster.stop());

const start = async (): Promise<BrokerUnderTest> => {
  const namespace = `test.${randomBytes(6).toString('hex')}`;
  // One of them is enough: it knows the others.
  const { host, port } = cluster.nodes[0]!;
  return {
    broker: () => redisBroker({ cluster: [{ host, port }], namespace }),
    unreachable: () => redisBroker({ cluster: [{ host, port: 1 }], namespace }),
    pause: () => cluster.nodes.forEach((node) => node.pause()),
    resume: () => cluster.nodes.forEach((node) => node.resume()),
    stop: async () => undefined,
  };
};

testBroker({ describe, it, expect }, 'Redis Cluster', start);
testLog({ describe, it, expect }, 'Redis Cluster', start);
