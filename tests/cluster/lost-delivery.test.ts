import { redisBroker } from '@rt/broker-redis';
import { expect, it, onTestFinished } from 'vitest';
import { randomName } from '../hardening/raw-client.ts';
import { delivers, startRedisProxy } from '../servers/redis-proxy.ts';
import { startRedis } from '../servers/redis.ts';
import { feedOf } from './feed.ts';
import { startNode, Traveller } from './fleet.ts';

it.each([
  ['at once where another message follows', 'next', 1_000],
  ['soon where none follows', undefined, 5_000],
] as const)(
  'a delivery that Redis loses on its way to a node reaches the clients %s [B4]',
  async (_, next, targetMs) => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const proxy = await startRedisProxy(redis);
    onTestFinished(() => proxy.close());
    const publisher = await startNode(redisBroker({ url: redis.url }));
    const node = await startNode(redisBroker({ url: proxy.url(redis.url) }));
    const channel = randomName();
    const { got, subscription } = await new Traveller(node).enter(channel);
    const gaps: unknown[] = [];
    subscription.lifecycle.on('gap', (gap) => gaps.push(gap));
    await publisher.realtime.broadcast(channel, 'n', 'first');
    expect((await got.next('the first')).data).toBe('first');
    const dropped = proxy.dropNext('downstream', delivers(await feedOf(redis, channel), 'lost'));
    await publisher.realtime.broadcast(channel, 'n', 'lost');
    await dropped;
    if (next !== undefined) await publisher.realtime.broadcast(channel, 'n', next);
    expect((await got.next('the lost one', undefined, 3 * targetMs)).data).toBe('lost');
    if (next !== undefined) expect((await got.next('the next one')).data).toBe(next);
    expect([got.size, gaps]).toEqual([0, []]);
    expect((await fetch(`${node.url}/realtime/ready`)).status).toBe(200);
  },
);
