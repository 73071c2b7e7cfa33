import { describe, expect, it } from 'vitest';
import { startRedis } from '../../../tests/servers/redis.ts';
import { randomName, TestNode } from './node.ts';

const LARGE = 'x'.repeat(100_000);

describe.concurrent('a Redis that is full', () => {
  it('B5 refuses messages as retryable where nothing may be evicted, stays up, and takes them when there is room', async () => {
    await using redis = await startRedis({ maxMemory: '6mb' });
    await using a = await TestNode.start({ url: redis.url });
    await using b = await TestNode.start({ url: redis.url });
    const channel = randomName();
    const seen = await b.follow(channel);
    await b.broker.subscribe(channel);
    const taken: string[] = [];
    let refusal: unknown;
    while (refusal === undefined) {
      const text = `${taken.length} ${LARGE}`;
      const entries = [{ text, id: `next ${taken.length}` }];
      const [appended] = await a.log.append([{ channel, entries, retention: { size: 10_000, ttlMs: 3_600_000 } }]);
      if (appended instanceof Error) refusal = appended;
      else taken.push(text);
    }
    const message = expect.stringContaining('OOM') as string;
    expect(refusal).toMatchObject({ code: 'BROKER_DOWN', retryable: true, message });
    // The bus needs no memory, and what is kept can be read.
    await a.broker.publish([{ channel, texts: ['text'] }]);
    expect(await b.texts.next('a text')).toBe('text');
    expect((await b.log.read(channel, { limit: 1 })).entries[0]?.text).toBe(taken.at(-1));
    expect([a, b].map((node) => node.broker.health())).toEqual([{ state: 'up' }, { state: 'up' }]);
    await redis.command('CONFIG', 'SET', 'maxmemory', '100mb');
    const entries = [{ text: 'after', id: `next ${taken.length}` }];
    await a.log.append([{ channel, entries, retention: { size: 10_000, ttlMs: 3_600_000 } }]);
    expect(await seen.inbox.take(taken.length + 1, 'every entry')).toEqual([...taken, 'after']);
  });

  it('B5 that evicts is a new epoch for the channels that it evicted, and no node fails', async () => {
    await using redis = await startRedis({ maxMemory: '4mb', maxMemoryPolicy: 'allkeys-random', appendOnly: false });
    await using a = await TestNode.start({ url: redis.url });
    await using b = await TestNode.start({ url: redis.url });
    const channels = Array.from({ length: 10 }, randomName);
    const seen = await Promise.all(channels.map((channel) => b.follow(channel)));
    const retention = { size: 20, ttlMs: 3_600_000 };
    for (let round = 0; round < 10; round++) {
      for (const channel of channels) await a.append(channel, [`${round} ${LARGE}`], retention);
    }
    // Whatever was evicted: each follower has each entry or a gap before what comes after it, and none twice.
    for (const channel of channels) await a.append(channel, ['end'], retention);
    for (const each of seen) {
      while (each.all.at(-1) !== 'end') await each.inbox.next('the last entry');
      let expected = 0;
      for (const item of each.all.slice(0, -1)) {
        const round = Number(item.split(' ')[0]);
        if (item.startsWith('gap')) expected = Number.NaN;
        else {
          if (!Number.isNaN(expected)) expect(round).toBe(expected);
          expected = round + 1;
        }
      }
    }
    expect(seen.some(({ all }) => all.includes('gap epoch'))).toBe(true);
    expect(b.broker.health()).toEqual({ state: 'up' });
  });
});
