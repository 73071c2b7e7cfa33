import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis } from '../../../tests/servers/redis.ts';
import type { RedisServer } from '../../../tests/servers/redis.ts';
import { until } from '../../../tests/servers/until.ts';
import { Names } from '../src/names.ts';
import { randomName, TestNode } from './node.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** A node of a namespace of its own, and a channel whose messages are kept for `ttlMs`. */
async function start(ttlMs: number) {
  const namespace = randomName();
  const node = await TestNode.start({ url: redis.url, namespace });
  const names = new Names(namespace);
  const append = (text: string) =>
    node.log.append([{ channel: 'news', entries: [{ text }], retention: { size: 100, ttlMs } }]);
  const lifeOf = (key: string) => redis.command('PTTL', key) as Promise<number>;
  const texts = async () => (await node.log.read('news', { limit: 9 })).entries.map(({ text }) => text);
  return { node, append, texts, lifeOf, head: names.head('news'), stream: names.stream('news') };
}

describe.concurrent('a stream in Redis', () => {
  it('lives for its ttl after each entry, and for half of that longer at most', async () => {
    const { node, append, lifeOf, stream } = await start(60_000);
    await using _ = node;
    for (let index = 0; index < 5; index++) await append('text');
    const life = await lifeOf(stream);
    expect(life).toBeGreaterThan(60_000);
    expect(life).toBeLessThanOrEqual(90_000);
  });

  it('is told anew when half of its ttl has passed', async () => {
    const { node, append, lifeOf, stream } = await start(1_000);
    await using _ = node;
    await append('first');
    await until('half of its ttl has passed', async () => (await lifeOf(stream)) < 1_000);
    await append('second');
    expect(await lifeOf(stream)).toBeGreaterThan(1_000);
  });

  it('is told how long the messages live that come from now on', async () => {
    const { node, append, lifeOf, stream } = await start(60_000);
    await using _ = node;
    await append('first');
    const retention = { size: 100, ttlMs: 600_000 };
    await node.log.append([{ channel: 'news', entries: [{ text: 'second' }], retention }]);
    expect(await lifeOf(stream)).toBeGreaterThan(600_000);
  });

  it('shows nothing that is older than its ttl, though it is still there', async () => {
    const { node, append, texts, lifeOf, stream } = await start(300);
    await using _ = node;
    await append('old');
    await until('it is too old', async () => (await lifeOf(stream)) <= 150);
    expect(await texts()).toEqual([]);
  });

  it('that someone took away is made again, and does not live for ever', async () => {
    const { node, append, texts, lifeOf, head, stream } = await start(60_000);
    await using _ = node;
    await append('first');
    await redis.command('DEL', stream);
    await append('second');
    expect(await lifeOf(stream)).toBeGreaterThan(60_000);
    expect(await lifeOf(head)).toBeGreaterThan(60_000);
    expect(await texts()).toEqual(['second']);
  });
});
