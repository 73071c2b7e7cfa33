import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startRedisCluster } from '../../../tests/servers/redis-cluster.ts';
import { startRedisSentinels } from '../../../tests/servers/redis-sentinel.ts';
import { replicated, startRedis, startRedisReplica } from '../../../tests/servers/redis.ts';
import { startProxy } from '../../../tests/servers/tcp-proxy.ts';
import { until } from '../../../tests/servers/until.ts';
import { Names } from '../src/names.ts';
import { randomName, TestNode } from './node.ts';

describe.concurrent('a failover', () => {
  it(
    'B3 of Sentinel that lost entries is a gap for those who had them, and for nobody else',
    { timeout: 60_000 },
    async () => {
      await using master = await startRedis();
      await using link = await startProxy({ host: master.host, port: master.port });
      // The replica copies through a line that can be held up; sentinels see it at its own address.
      await using replica = await startRedisReplica(master);
      await replica.command('REPLICAOF', link.host, link.port);
      await until('the replica follows through the proxy', async () =>
        String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
      );
      await using sentinels = await startRedisSentinels({ master });
      const options = { sentinels: sentinels.addresses, name: sentinels.name };
      await using a = await TestNode.start(options);
      await using b = await TestNode.start(options);
      const [affected, quiet] = [randomName(), randomName()];
      const seen = [await b.follow(affected), await b.follow(quiet)] as const;
      for (const channel of [affected, quiet]) await a.append(channel, ['copied']);
      await until(
        'the replica has what was written',
        async () => (await replica.command('DBSIZE')) === (await master.command('DBSIZE')),
      );
      link.stall();
      await a.append(affected, ['lost 1']);
      await a.append(affected, ['lost 2']);
      expect(await seen[0].inbox.take(3, 'the entries before')).toEqual(['copied', 'lost 1', 'lost 2']);
      await master.kill();
      await Promise.all([a.down(), b.down()]);
      await Promise.all([a.up(), b.up()]);
      expect(await sentinels.masterPort()).toBe(replica.port);
      for (const channel of [affected, quiet]) await a.append(channel, ['after']);
      expect(await seen[0].inbox.take(2, 'a gap and the entry')).toEqual(['gap diverged', 'after']);
      expect(await seen[1].inbox.take(2, 'both entries')).toEqual(['copied', 'after']);
    },
  );

  it('of Sentinel by hand, after which the old master lives on, is followed at once', { timeout: 60_000 }, async () => {
    await using master = await startRedis();
    await using replica = await startRedisReplica(master);
    await using sentinels = await startRedisSentinels({ master, count: 1 });
    const options = { sentinels: sentinels.addresses, name: sentinels.name };
    await using a = await TestNode.start(options);
    await using b = await TestNode.start(options);
    const channel = randomName();
    const seen = await b.follow(channel);
    await a.append(channel, ['before']);
    await replicated(master);
    await sentinels.sentinels[0]!.command('SENTINEL', 'FAILOVER', sentinels.name);
    await until('there is another master', async () => (await sentinels.masterPort()) === replica.port);
    const switched = performance.now();
    await Promise.all([a.down(), b.down()]);
    await Promise.all([a.up(), b.up()]);
    // Else the sentinels leave the old master alone for some 10 s.
    expect(performance.now() - switched).toBeLessThan(7_000);
    await a.append(channel, ['after']);
    expect(await seen.inbox.take(2, 'both entries')).toEqual(['before', 'after']);
    expect(Number(await replica.command('EXISTS', new Names('rt').head(channel)))).toBe(1);
  });

  it('is not needed to see that a sentinel stands still: the others are asked', { timeout: 30_000 }, async () => {
    await using master = await startRedis();
    await using sentinels = await startRedisSentinels({ master });
    sentinels.sentinels[0]!.pause();
    await using a = await TestNode.start({ sentinels: sentinels.addresses, name: sentinels.name });
    expect(a.broker.health()).toEqual({ state: 'up' });
    sentinels.sentinels[0]!.resume();
  });

  it(
    'that nobody decides, because the sentinels stand still as Redis does, is over when they go on',
    { timeout: 60_000 },
    async () => {
      await using master = await startRedis();
      await using sentinels = await startRedisSentinels({ master, count: 1, downAfterMs: 60_000 });
      await using a = await TestNode.start({ sentinels: sentinels.addresses, name: sentinels.name });
      const all = [master, ...sentinels.sentinels];
      for (const server of all) server.pause();
      await a.down();
      // Until connections were given up, and given up again while they were made.
      await wait(18_000);
      for (const server of all) server.resume();
      await a.up();
      const channel = randomName();
      const seen = await a.follow(channel);
      await a.append(channel, ['after']);
      expect(await seen.inbox.next('the entry')).toBe('after');
    },
  );

  it(
    'of a cluster’s master moves its channels to the new one, and the others never stop',
    { timeout: 60_000 },
    async () => {
      await using cluster = await startRedisCluster({ replicas: 1 });
      const options = { cluster: cluster.nodes.map(({ host, port }) => ({ host, port })) };
      await using a = await TestNode.start(options);
      await using b = await TestNode.start(options);
      const names = new Names('rt');
      const channels = Array.from({ length: 12 }, randomName);
      const seen = await Promise.all(channels.map((channel) => b.follow(channel)));
      await Promise.all(channels.map((channel) => b.broker.subscribe(channel)));
      await Promise.all(channels.map((channel) => a.append(channel, ['before'])));
      for (const { inbox } of seen) expect(await inbox.next('the entry before')).toBe('before');
      const victim = await cluster.masterOf(names.head(channels[0]!));
      const owners = await Promise.all(channels.map((channel) => cluster.masterOf(names.head(channel))));
      await until('the replicas have what was written', async () => {
        const sizes = await Promise.all(cluster.nodes.map(async (node) => Number(await node.command('DBSIZE'))));
        return (
          sizes.slice(0, 3).reduce((one, other) => one + other) === sizes.slice(3).reduce((one, other) => one + other)
        );
      });
      await victim.kill();
      await Promise.all([a.down(), b.down()]);
      const spared = channels.find((_, index) => owners[index] !== victim);
      if (spared !== undefined) await a.append(spared, ['meanwhile']);
      await Promise.all([a.up(), b.up()]);
      const missed = await b.gaps.next('word of the gap');
      for (const [index, channel] of channels.entries())
        expect(missed.includes(channel)).toBe(owners[index] === victim);
      await Promise.all(channels.map((channel) => a.append(channel, ['after'])));
      for (const [index, { inbox }] of seen.entries()) {
        const meanwhile = channels[index] === spared ? ['meanwhile'] : [];
        expect(await inbox.take(1 + meanwhile.length, 'the entries after')).toEqual([...meanwhile, 'after']);
      }
      await a.broker.publish(channels.map((channel) => ({ channel, texts: [channel] })));
      expect((await b.texts.take(channels.length, 'the texts')).sort()).toEqual(channels.toSorted());
    },
  );

  it('in which slots move between masters loses nothing', { timeout: 60_000 }, async () => {
    await using cluster = await startRedisCluster();
    const options = { cluster: cluster.nodes.map(({ host, port }) => ({ host, port })) };
    await using a = await TestNode.start(options);
    await using b = await TestNode.start(options);
    const channel = randomName();
    const key = new Names('rt').head(channel);
    const seen = await b.follow(channel);
    const stop = new AbortController();
    const sent: string[] = [];
    const publishing = (async () => {
      for (let index = 0; !stop.signal.aborted; index++) {
        await a.append(channel, [String(index)]);
        sent.push(String(index));
      }
    })();
    const from = await cluster.masterOf(key);
    const to = cluster.nodes.find((node) => node !== from)!;
    const slot = Number(await from.command('CLUSTER', 'KEYSLOT', key));
    const [toId, fromId] = [String(await to.command('CLUSTER', 'MYID')), String(await from.command('CLUSTER', 'MYID'))];
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    const keys = (await from.command('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
    await from.command('MIGRATE', to.host, to.port, '', 0, 5_000, 'KEYS', ...keys);
    for (const node of cluster.nodes) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
    const goal = sent.length + 200;
    await until('publishing goes on', async () => sent.length > goal);
    stop.abort();
    await publishing;
    expect(await seen.inbox.take(sent.length, 'every entry')).toEqual(sent);
  });
});
