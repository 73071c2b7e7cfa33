import { redisBroker } from '@rt/broker-redis';
import { describe, it, onTestFinished } from 'vitest';
import { startRedisProxy } from '../servers/redis-proxy.ts';
import { startRedis } from '../servers/redis.ts';
import type { RedisServer } from '../servers/redis.ts';
import { HurtFleet, testFaults } from './faults.ts';
import type { FaultySite } from './faults.ts';

async function site(options: Parameters<typeof startRedis>[0]): Promise<FaultySite<RedisServer>> {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return { server, broker: (url = server.url) => redisBroker({ url }) };
}

describe('two nodes on one Redis', () => {
  testFaults({
    // With less it may have acknowledged what is not on the disk yet.
    site: () => site({ config: { appendfsync: 'always' } }),
    proxy: (server) => startRedisProxy(server),
  });

  it('say a gap to everybody, and go on, when it comes back empty [B5]', async () => {
    const { server, broker } = await site({ appendOnly: false });
    const fleet = await HurtFleet.start([broker(), broker()], 2);
    fleet.load.start(200);
    await fleet.more(100);
    await fleet.load.stop();
    await server.kill();
    await server.restart();
    await fleet.toldOfNewEpoch();
  });
});
