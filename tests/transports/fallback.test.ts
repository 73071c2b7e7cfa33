import type { ClientOptions, RealtimeClient } from '@rt/client';
import { expect, it } from 'vitest';
import { Inbox } from '../hardening/inbox.ts';
import { randomName } from '../hardening/raw-client.ts';
import { HttpProxy } from './http-proxy.ts';
import { newClient, startNode } from './nodes.ts';

interface Scene {
  readonly proxy: HttpProxy;
  readonly client: RealtimeClient;
  readonly channel: string;
  readonly heard: Inbox<unknown>;
  /** Publishes on the server. */
  broadcast(data: unknown): Promise<void>;
}

/** A server, a proxy before it, and a client that has not connected yet. */
async function scene(options: ClientOptions = {}): Promise<Scene> {
  const { realtime, url } = await startNode();
  const proxy = await HttpProxy.start(url);
  const client = newClient(proxy.url, { connectTimeoutMs: 3_000, ...options });
  const channel = randomName();
  const heard = new Inbox<unknown>();
  return {
    proxy,
    client,
    channel,
    heard,
    broadcast: async (data) => {
      await realtime.broadcast(channel, 'n', data);
    },
  };
}

async function listen({ client, channel, heard }: Scene): Promise<void> {
  const subscription = client.subscribe(channel);
  subscription.on('n', (data) => heard.push(data));
  await subscription.subscribed;
}

it.each(['refused', 'silent'] as const)('goes on over SSE where WebSockets are %s', async (way) => {
  const there = await scene();
  there.proxy.ways.websocket = way;
  await listen(there);
  await there.broadcast(1);
  expect([await there.heard.next('a message'), there.client.transport]).toEqual([1, 'sse']);
});

it.each(['refused', 'silent'] as const)('goes on over long-polling where streams are %s too', async (way) => {
  const there = await scene();
  there.proxy.ways.websocket = 'refused';
  there.proxy.ways.sse = way;
  await listen(there);
  await there.broadcast(1);
  expect([await there.heard.next('a message'), there.client.transport]).toEqual([1, 'longpolling']);
});

it('waits while nothing gets through, and is back when something does', async () => {
  const there = await scene();
  for (const name of ['websocket', 'sse', 'longpolling'] as const) there.proxy.ways[name] = 'refused';
  const waits = new Inbox<string>();
  there.client.on('state', ({ state }) => waits.push(state));
  const listening = listen(there);
  await waits.next('the second wait', (state) => state === 'waiting');
  await waits.next('the second wait', (state) => state === 'waiting');
  there.proxy.ways.longpolling = 'open';
  await listening;
  expect(there.client.transport).toBe('longpolling');
});

it('tries the better one again, and moves to it without missing or doubling anything', async () => {
  const there = await scene({ upgradeAfterMs: 400 });
  there.proxy.ways.websocket = 'refused';
  await listen(there);
  expect(there.client.transport).toBe('sse');
  const moved = new Promise<void>((resolve) => {
    there.client.on('state', ({ state }) => {
      if (state === 'open' && there.client.transport === 'websocket') resolve();
    });
  });
  there.proxy.ways.websocket = 'open';
  let sent = 0;
  do await there.broadcast(sent++);
  while ((await Promise.race([moved, Promise.resolve('not yet')])) === 'not yet');
  await there.broadcast('last');
  await there.heard.next('the last message', (data) => data === 'last');
  expect(there.heard.takeAll()).toEqual(Array.from({ length: sent }, (_, n) => n));
});

it('leaves a transport that stopped to get through', async () => {
  const there = await scene({ backoff: { baseMs: 10, maxMs: 50 } });
  await listen(there);
  expect(there.client.transport).toBe('websocket');
  there.proxy.only('longpolling');
  there.proxy.cut();
  await there.broadcast(1);
  expect([await there.heard.next('a message'), there.client.transport]).toEqual([1, 'longpolling']);
});
