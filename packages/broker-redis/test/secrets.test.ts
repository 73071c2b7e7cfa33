import { afterEach, describe, expect, it, vi } from 'vitest';
import { startRedisProxy } from '../../../tests/servers/redis-proxy.ts';
import { startRedis } from '../../../tests/servers/redis.ts';
import { Names } from '../src/names.ts';
import { PLENTY, randomName, TestNode } from './node.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('secrets and payloads', () => {
  it('W11 show up in no error, reason, warning or line on the console, whatever goes wrong', async () => {
    const shown: unknown[] = [];
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(console, method).mockImplementation((...args: unknown[]) => void shown.push(...args));
    }
    await using redis = await startRedis({ password: 'the-secret', maxMemory: '6mb' });
    await using proxy = await startRedisProxy(redis);
    await using node = await TestNode.start({ url: proxy.url(redis.url) });
    const channel = randomName();
    const text = 'the-payload '.repeat(10_000);
    const tried = async (work: Promise<unknown>): Promise<void> => {
      const outcome = await work.catch((error: unknown) => error);
      for (const each of [outcome].flat()) {
        if (each instanceof Error) shown.push(each.message, each.stack, JSON.stringify(each), each.cause);
      }
    };
    const all = (): Promise<void[]> =>
      Promise.all([
        tried(node.log.append([{ channel, entries: [{ text }], retention: PLENTY }])),
        tried(node.broker.publish([{ channel, texts: [text] }])),
        tried(node.log.read(channel, { limit: 1 })),
        tried(node.log.follow(channel, { entries: () => undefined, gap: () => undefined })),
        tried(node.broker.subscribe(channel)),
      ]);
    await all();
    // Full: refused by Redis.
    for (let index = 0; index < 60; index++) await all();
    // Garbage and a key of another type.
    const names = new Names('rt');
    await redis.command('SPUBLISH', names.stream(channel), text);
    await redis.command('DEL', names.head(channel));
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await redis.command('LPUSH', names.head(channel), text);
    await all();
    // Cut while it is under way, then refused, then with another password.
    proxy.stall();
    const pending = all();
    proxy.cut();
    await pending;
    await node.down();
    shown.push(node.broker.health());
    await all();
    await redis.command('CONFIG', 'SET', 'requirepass', 'another');
    proxy.resume();
    proxy.cut();
    await vi.waitFor(() => expect(JSON.stringify(node.broker.health())).toContain('WRONGPASS'), 10_000);
    await all();
    shown.push(node.broker.health(), ...node.warnings);
    while (node.health.size > 0) shown.push(await node.health.next('a report'));
    expect(shown.length).toBeGreaterThan(50);
    for (const each of shown) expect(JSON.stringify(each) ?? '').not.toMatch(/the-secret|the-payload/);
  });
});
