import { expect, it } from 'vitest';
import { startRedisSentinels } from './redis-sentinel.ts';
import { replicated, startRedis, startRedisReplica } from './redis.ts';
import { until } from './until.ts';

it('make a replica the master when the master is killed', async () => {
  await using master = await startRedis({ password: 'secret' });
  await using replica = await startRedisReplica(master);
  await using sentinels = await startRedisSentinels({ master });
  expect(sentinels.addresses).toHaveLength(3);
  expect(await sentinels.masterPort()).toBe(master.port);
  await master.command('SET', 'kept', '1');
  await replicated(master);

  await master.kill();
  await until('the replica is the master', async () => (await sentinels.masterPort()) === replica.port);
  expect(await replica.command('GET', 'kept')).toBe('1');
  await until('it takes writes', async () => (await replica.command('SET', 'new', '2')) === 'OK');
});
