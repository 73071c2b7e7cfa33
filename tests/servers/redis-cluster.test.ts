import { expect, it } from 'vitest';
import { startRedisCluster } from './redis-cluster.ts';
import { replicated } from './redis.ts';
import { until } from './until.ts';

it('serves every slot, each key at its own master', async () => {
  await using cluster = await startRedisCluster();
  expect(cluster.nodes).toHaveLength(3);
  const master = await cluster.masterOf('some-key');
  await master.command('SET', 'some-key', '1');
  const other = cluster.nodes.find((node) => node !== master)!;
  await expect(other.command('GET', 'some-key')).rejects.toThrow(`MOVED`);
});

it('has the slots and the data of a killed master again when it is back', async () => {
  await using cluster = await startRedisCluster();
  const master = await cluster.masterOf('some-key');
  await master.command('SET', 'some-key', '1');
  await master.kill();
  await master.restart();
  await cluster.ready();
  expect(await master.command('GET', 'some-key')).toBe('1');
});

it('lets a replica take over from a killed master', async () => {
  await using cluster = await startRedisCluster({ replicas: 1 });
  const before = await cluster.masterOf('some-key');
  await before.command('SET', 'some-key', '1');
  await replicated(before);
  await before.kill();
  await until('the replica has taken over', async () => (await cluster.masterOf('some-key')) !== before);
  await cluster.ready();
  const after = await cluster.masterOf('some-key');
  expect(await after.command('GET', 'some-key')).toBe('1');
});
