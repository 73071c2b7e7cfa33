import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { delivers, startRedisProxy } from '../../../tests/servers/redis-proxy.ts';
import { startRedis } from '../../../tests/servers/redis.ts';
import { CHECK_MS } from '../src/heads.ts';
import { Names } from '../src/names.ts';
import { randomName, TestNode } from './node.ts';

const names = new Names('rt');

/** A client whose connections to listen on go through `port`, and those for commands straight to Redis. */
class SlowlyListening extends Redis {
  readonly #listenPort: number;

  constructor(url: string, listenPort: number) {
    super(url, { lazyConnect: true });
    this.#listenPort = listenPort;
  }

  override duplicate(settings: Partial<RedisOptions> = {}): Redis {
    const isListening = settings.connectionName === 'rt-subscriber';
    return super.duplicate({ ...settings, ...(isListening ? { port: this.#listenPort } : {}) });
  }
}

describe.concurrent('a delivery that is lost on the way', () => {
  it('B4 is repaired from the log by the next one', async () => {
    await using redis = await startRedis();
    await using proxy = await startRedisProxy(redis);
    await using a = await TestNode.start({ url: redis.url });
    await using b = await TestNode.start({ url: proxy.url(redis.url) });
    const channel = randomName();
    const seen = await b.follow(channel);
    const dropped = proxy.dropNext('downstream', delivers(names.stream(channel), 'lost'));
    await a.append(channel, ['lost']);
    await dropped;
    const at = performance.now();
    await a.append(channel, ['next']);
    expect(await seen.inbox.take(2, 'both entries')).toEqual(['lost', 'next']);
    expect(performance.now() - at).toBeLessThan(3_000);
  });

  it('B4 is repaired from the log when no other one comes', async () => {
    await using redis = await startRedis();
    await using proxy = await startRedisProxy(redis);
    await using a = await TestNode.start({ url: redis.url });
    await using b = await TestNode.start({ url: proxy.url(redis.url) });
    const channel = randomName();
    const seen = await b.follow(channel);
    const dropped = proxy.dropNext('downstream', delivers(names.stream(channel), 'lost'));
    await a.append(channel, ['lost']);
    await dropped;
    const at = performance.now();
    expect(await seen.inbox.next('the lost entry')).toBe('lost');
    expect(performance.now() - at).toBeLessThan(15_000);
    expect(b.broker.health()).toEqual({ state: 'up' });
  });

  it.each(['records', 'head'] as const)('B4 is repaired where it was the %s of a long batch', async (half) => {
    await using redis = await startRedis();
    await using proxy = await startRedisProxy(redis);
    await using a = await TestNode.start({ url: redis.url });
    await using b = await TestNode.start({ url: proxy.url(redis.url) });
    const channel = randomName();
    const seen = await b.follow(channel);
    const long = ['first', 'lost', 'next'].map((text) => text + '.'.repeat(10_000));
    await a.append(channel, [long[0]!]);
    expect(await seen.inbox.next('the first entry')).toBe(long[0]);
    const dropped = proxy.dropNext('downstream', delivers(names.stream(channel), half === 'head' ? '2l ' : 'lost'));
    await a.append(channel, [long[1]!]);
    await dropped;
    await a.append(channel, [long[2]!]);
    expect(await seen.inbox.take(2, 'both entries')).toEqual(long.slice(1));
    expect((await b.log.read(channel, { limit: 9 })).entries.map(({ text }) => text)).toEqual(long);
  });

  it('B4 is repaired under load too, in order and without doubles', async () => {
    await using redis = await startRedis();
    await using proxy = await startRedisProxy(redis);
    await using a = await TestNode.start({ url: redis.url });
    await using b = await TestNode.start({ url: proxy.url(redis.url) });
    const channel = randomName();
    const seen = await b.follow(channel);
    const matches = delivers(names.stream(channel));
    let delivered = 0;
    const undo = proxy.tamper('downstream', (frame) => (matches(frame) && ++delivered % 3 === 0 ? undefined : frame));
    const texts = Array.from({ length: 1_000 }, (_, index) => String(index));
    for (let index = 0; index < texts.length; index += 10) {
      await Promise.all(texts.slice(index, index + 10).map((text) => a.append(channel, [text])));
    }
    undo();
    await a.append(channel, ['end']);
    expect(await seen.inbox.take(texts.length + 1, 'every entry')).toEqual([...texts, 'end']);
  });

  it('B4 is not taken for lost where it is only on its way, on a channel that is never quiet and keeps little', async () => {
    await using redis = await startRedis();
    await using proxy = await startRedisProxy(redis);
    await using a = await TestNode.start({ url: redis.url });
    await using b = await TestNode.start({ connect: () => new SlowlyListening(redis.url, proxy.port) });
    proxy.latency(300, ['downstream']);
    const channel = randomName();
    const seen = await b.follow(channel);
    const texts: string[] = [];
    // Two looks at the heads, and a probe after each.
    for (const end = performance.now() + 2 * CHECK_MS + 1_000; performance.now() < end; await wait(5)) {
      const batch = [0, 1].map((index) => String(texts.length + index));
      texts.push(...batch);
      await a.append(channel, batch, { size: 4, ttlMs: 60_000 });
    }
    expect(await seen.inbox.take(texts.length, 'every entry')).toEqual(texts);
  });
});
