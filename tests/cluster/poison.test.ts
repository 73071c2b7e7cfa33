import { redisBroker } from '@rt/broker-redis';
import { encodeBus } from '@rt/core';
import type { Logger } from '@rt/core';
import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Inbox } from '../hardening/inbox.ts';
import { randomName } from '../hardening/raw-client.ts';
import { startRedis } from '../servers/redis.ts';
import type { RedisServer } from '../servers/redis.ts';
import { feedOf } from './feed.ts';
import { startNode, Traveller } from './fleet.ts';
import type { Node } from './fleet.ts';

const HUGE = 'x'.repeat(8 * 1024 * 1024);
const GARBAGE: readonly string[] = [
  '',
  'garbage',
  '\n',
  '2b 1\nx',
  '9l epoch 1 1 0 0\nx 1 1\nx',
  '1b 999999999\nx',
  '1b 1,1,1,1\nx',
  '2l a 1 1 0 0\n',
  // Whole in their form, but never stored.
  '2l other 1 1 0 0\nx 1 1\nx',
  '2l other 900 1 y 0\nx 1 7\ngarbage',
  `2l ${'9'.repeat(16)} 1 1 0 0\nx 1 1\nx`,
  '1p ',
  '{"__proto__":{"polluted":1}}',
  '['.repeat(50_000),
  randomBytes(1_000).toString('latin1'),
  HUGE,
  `1b ${HUGE.length + 1}\n${HUGE}`,
];
/** Texts in the envelope of the bus that no node writes. */
const NO_MESSAGES: readonly string[] = [
  '',
  'garbage',
  'null',
  '[]',
  '{}',
  '[1]',
  '[2,"beat","node",true]',
  '[1,"beat"]',
  '[1,"beat",7,true]',
  '[1,"beat","",true]',
  '[1,"unknown","node"]',
  '[1,"delta","node",-1,[]]',
  '[1,"delta","node",1,[["presence-x"]]]',
  '[1,"part","node",1,0,1e9,[]]',
  '["m","x","n",null,1,["id",1]]',
  '[1,"ask","node",1,"__proto__",{}]',
  '[1,"welcome","node",true,[1]]',
  '['.repeat(50_000),
  HUGE,
];

interface Warned {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

interface Scene {
  readonly redis: RedisServer;
  readonly nodes: readonly [Node, Node];
  readonly warned: Warned[];
  readonly failed: string[];
}

async function scene(): Promise<Scene> {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const warned: Warned[] = [];
  const failed: string[] = [];
  const ignore = (): void => undefined;
  const logger: Logger = {
    debug: ignore,
    info: ignore,
    warn: (message, fields) => warned.push({ message, fields }),
    error: (message) => failed.push(message),
  };
  const nodes: [Node, Node] = [
    await startNode(redisBroker({ url: redis.url }), { logger }),
    await startNode(redisBroker({ url: redis.url }), { logger }),
  ];
  return { redis, nodes, warned, failed };
}

/** The stream with what is kept of a channel. */
async function streamOf(redis: RedisServer, channel: string): Promise<string> {
  const answer = await redis.command('SCAN', 0, 'MATCH', `*:${channel}`, 'COUNT', 1_000, 'TYPE', 'stream');
  return (answer as [string, [string]])[1][0];
}

/** Both nodes are ready, and messages of either reach the clients of both. */
async function works({ nodes, failed }: Scene): Promise<void> {
  const channel = randomName();
  const rooms = [await new Traveller(nodes[0]).enter(channel), await new Traveller(nodes[1]).enter(channel)];
  for (const { realtime, url } of nodes) {
    expect((await fetch(`${url}/realtime/ready`)).status).toBe(200);
    await realtime.broadcast(channel, 'n', 'good');
    for (const { got } of rooms) expect((await got.next('a message')).data).toBe('good');
  }
  expect(failed).toEqual([]);
}

describe('what someone else writes into the Redis of two nodes', () => {
  it.each([
    ['kept', ''],
    ['not kept', 'bus.'],
  ])('reaches no client of a live channel that is %s, is said once, and harms nobody [B6]', async (_, prefix) => {
    const all = await scene();
    const { redis, nodes, warned } = all;
    const channel = randomName(prefix);
    const rooms = [];
    const gaps: unknown[] = [];
    const troubles: string[] = [];
    for (const node of nodes) {
      const traveller = new Traveller(node);
      const room = await traveller.enter(channel);
      rooms.push(room);
      room.subscription.lifecycle.on('gap', (gap) => gaps.push(gap));
      traveller.client.on('state', ({ state }) => troubles.push(state));
      traveller.client.on('error', ({ code }) => troubles.push(code));
    }
    await nodes[0].realtime.broadcast(channel, 'n', 'before');
    const feed = await feedOf(redis, channel);
    for (const text of GARBAGE) await redis.command('SPUBLISH', feed, text);
    await nodes[1].realtime.broadcast(channel, 'n', 'after');
    for (const { got } of rooms) {
      expect([(await got.next('before')).data, (await got.next('after')).data]).toEqual(['before', 'after']);
      expect(got.size).toBe(0);
    }
    expect([gaps, troubles]).toEqual([[], []]);
    // Once for each node, however much of it comes.
    expect(warned.map(({ message }) => message)).toEqual(Array(2).fill('dropped what came in from Redis'));
    await works(all);
  });

  it('leaves the history of a live channel whole where it is in its stream [B6]', async () => {
    const all = await scene();
    const { redis, nodes } = all;
    const channel = randomName();
    const traveller = new Traveller(nodes[0]);
    const { got, subscription } = await traveller.enter(channel);
    const gaps: unknown[] = [];
    subscription.lifecycle.on('gap', (gap) => gaps.push(gap));
    await nodes[0].realtime.broadcast(channel, 'n', 1);
    expect((await got.next('the first')).data).toBe(1);
    const moving = traveller.moveTo(nodes[1]);
    const stream = await streamOf(redis, channel);
    for (const [index, text] of GARBAGE.slice(0, 6).entries()) {
      await redis.command('XADD', stream, `1-${index + 2}`, 'p', text);
    }
    await moving;
    await nodes[1].realtime.broadcast(channel, 'n', 2);
    expect((await got.next('the second')).data).toBe(2);
    expect([got.size, gaps]).toEqual([0, []]);
    const { messages } = await nodes[0].realtime.channel(channel).history();
    expect(messages.map(({ data }) => data)).toEqual([1, 2]);
    await works(all);
  });

  it.each(['$nodes', '$presence'])('is dropped and said where it is in %s, and no member is lost [B6]', async (bus) => {
    const all = await scene();
    const { redis, nodes, warned } = all;
    const room = randomName('presence-');
    const ann = await new Traveller(nodes[0], 'ann').enter(room);
    const bob = await new Traveller(nodes[1], 'bob').enter(room);
    const { presence } = ann.subscription;
    if (presence.count < 2) await new Promise((resolve) => presence.on('joined', resolve));
    const changes = new Inbox<string>();
    presence.on('joined', ({ id }) => changes.push(`joined ${id}`));
    presence.on('left', ({ id }) => changes.push(`left ${id}`));
    const feed = await feedOf(redis, bus);
    for (const text of NO_MESSAGES) await redis.command('SPUBLISH', feed, encodeBus([text]));
    for (const text of GARBAGE) await redis.command('SPUBLISH', feed, text);
    const cy = await new Traveller(nodes[1], 'cy').enter(room);
    expect(await changes.next('cy')).toBe('joined cy');
    await cy.subscription.unsubscribe();
    expect(await changes.next('cy going')).toBe('left cy');
    for (const { realtime } of nodes) {
      expect((await realtime.channel(room).members()).map(({ id }) => id).sort()).toEqual(['ann', 'bob']);
    }
    expect(bob.subscription.presence.count).toBe(2);
    const said = new Set(warned.map(({ message }) => message));
    expect(said).toEqual(
      new Set(['dropped messages between nodes that could not be read', 'dropped what came in from Redis']),
    );
    // The more there is, the less often it is said.
    expect(warned.length).toBeLessThan(2 * NO_MESSAGES.length);
    expect(changes.size).toBe(0);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    await works(all);
  });
});
