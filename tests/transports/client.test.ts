import type { RealtimeClient } from '@rt/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { within } from '../hardening/deadline.ts';
import { Inbox } from '../hardening/inbox.ts';
import { randomName } from '../hardening/raw-client.ts';
import { startProxy } from '../servers/tcp-proxy.ts';
import { until } from '../servers/until.ts';
import { HttpProxy } from './http-proxy.ts';
import { newClient, startNode, TRANSPORTS } from './nodes.ts';

/** The next time that the connection is in `state`. */
function next(client: RealtimeClient, state: string): Promise<void> {
  return new Promise((resolve) => {
    const stop = client.on('state', (change) => {
      if (change.state !== state) return;
      stop();
      resolve();
    });
  });
}

describe.each(TRANSPORTS)('the client over %s', (transport) => {
  const transports = [transport];

  it('subscribes, and sends with answers', async () => {
    const { url } = await startNode();
    const [ann, ben] = [newClient(url, { transports, token: 'ann' }), newClient(url, { transports, token: 'ben' })];
    const channel = randomName();
    const heard = new Inbox<unknown>();
    ben.subscribe(channel).on('said', (data, { user }) => heard.push([user?.id, data]));
    await ben.subscribe(channel).subscribed;
    const { cursor } = await ann.send(channel, 'said', { text: 'a\nb ü 😀' });
    expect(typeof cursor).toBe('string');
    expect(await heard.next('the message')).toEqual(['ann', { text: 'a\nb ü 😀' }]);
    expect([ann.transport, ben.transport]).toEqual([transport, transport]);
  });

  it('hears everything in order, however much it is', async () => {
    const { realtime, url } = await startNode();
    const client = newClient(url, { transports });
    const channel = randomName();
    const heard: unknown[] = [];
    const subscription = client.subscribe(channel);
    subscription.on('n', (data) => heard.push((data as { n: number }).n));
    await subscription.subscribed;
    const text = 'x'.repeat(1_000);
    for (let n = 0; n < 300; n++) void realtime.broadcast(channel, 'n', { n, text });
    await until('all of them', async () => heard.length === 300);
    expect(heard).toEqual(Array.from({ length: 300 }, (_, n) => n));
  });

  it('sends everything in order, however much it is', async () => {
    const { realtime, url } = await startNode({
      limits: { messagesPerMinute: 600_000, messageBurst: 10_000 },
      channels: { '*': { send: true, history: { size: 1_000, ttlMs: 120_000 } } },
    });
    const client = newClient(url, { transports });
    const channel = randomName();
    await Promise.all(Array.from({ length: 500 }, (_, n) => client.send(channel, 'n', n)));
    const { messages } = await realtime.channel(channel).history({ limit: 1_000 });
    expect(messages.map(({ data }) => data)).toEqual(Array.from({ length: 500 }, (_, n) => n));
  });

  it('sees who is there, and others see when it leaves and what it says of itself', async () => {
    const { url } = await startNode();
    const [ann, ben] = [newClient(url, { transports, token: 'ann' }), newClient(url, { transports, token: 'ben' })];
    const channel = randomName('presence-');
    const { presence, subscribed } = ann.subscribe(channel);
    await subscribed;
    const told = new Inbox<unknown>();
    presence.on('joined', ({ id, info }) => told.push(['joined', id, info]));
    presence.on('left', ({ id, info }) => told.push(['left', id, info]));
    presence.on('updated', ({ id, info }) => told.push(['updated', id, info]));
    const room = ben.subscribe(channel);
    expect(await told.next('ben joins')).toEqual(['joined', 'ben', { name: 'ben' }]);
    await room.presence.update({ name: 'Ben' });
    expect(await told.next('ben is renamed')).toEqual(['updated', 'ben', expect.anything()]);
    ben.close();
    // At once: a connection that was only lost would be waited for.
    expect(await within(5_000, 'ben leaves', told.next('ben leaves'))).toEqual(['left', 'ben', expect.anything()]);
  });

  it('reads history, page by page', async () => {
    const { realtime, url } = await startNode();
    const channel = randomName();
    for (let n = 0; n < 5; n++) await realtime.broadcast(channel, 'n', n);
    const subscription = newClient(url, { transports }).subscribe(channel);
    const page = await subscription.history({ limit: 3 });
    expect(page.messages.map(({ data }) => data)).toEqual([2, 3, 4]);
    const before = await subscription.history({ limit: 3, before: page.previous! });
    expect(before.messages.map(({ data }) => data)).toEqual([0, 1]);
  });

  it('gets what it missed while its network was away', async () => {
    const { realtime, url } = await startNode();
    const proxy = await HttpProxy.start(url);
    const client = newClient(proxy.url, { transports });
    const channel = randomName();
    const heard: unknown[] = [];
    const subscription = client.subscribe(channel);
    subscription.on('n', (data) => heard.push(data));
    const gaps: unknown[] = [];
    subscription.lifecycle.on('gap', (gap) => gaps.push(gap));
    await subscription.subscribed;
    proxy.ways[transport] = 'refused';
    const gone = next(client, 'waiting');
    proxy.cut();
    await gone;
    const back = new Promise((resolve) => subscription.lifecycle.once('recovered', () => resolve(undefined)));
    for (let n = 0; n < 20; n++) await realtime.broadcast(channel, 'n', n);
    proxy.ways[transport] = 'open';
    await back;
    await until('all of them', async () => heard.length >= 20);
    expect([heard, gaps]).toEqual([Array.from({ length: 20 }, (_, n) => n), []]);
  });

  it('sends once what it sent while its network was away', async () => {
    const { url } = await startNode();
    const proxy = await HttpProxy.start(url);
    const client = newClient(proxy.url, { transports });
    await client.connect();
    const channel = randomName();
    const sent: Promise<unknown>[] = [];
    for (let n = 0; n < 30; n++) {
      sent.push(client.send(channel, 'n', n));
      // Somewhere on its way, there or back.
      if (n % 10 === 5) setImmediate(() => proxy.cut());
      if (n % 5 === 0) await Promise.race([sent.at(-1), next(client, 'open')]);
    }
    await Promise.all(sent);
    const { messages } = await client.subscribe(channel).history({ limit: 100 });
    expect(messages.map(({ data }) => data)).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });

  it('hears what is for its user, and what is for this connection only', async () => {
    const { realtime, url } = await startNode();
    const client = newClient(url, { transports, token: 'ann' });
    const heard = new Inbox<unknown>();
    client.user.on('note', (data) => heard.push(data));
    client.direct.on('note', (data) => heard.push(data));
    await client.connect();
    expect(client.userId).toBe('ann');
    await realtime.sendToUser('ann', 'note', 'for ann');
    expect(await heard.next('the message of the user')).toBe('for ann');
    await realtime.send(client.connectionId!, 'note', 'for this one');
    expect(await heard.next('the direct message')).toBe('for this one');
  });

  it('is told what it may not do, and goes on', async () => {
    const { url } = await startNode({ channels: { 'open.*': { send: true } } });
    const client = newClient(url, { transports });
    await expect(client.subscribe(randomName('private-')).subscribed).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(client.send('closed.room', 'said')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(client.send('open.room', 'said', 'x'.repeat(70_000))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await expect(client.send('open.room', 'said', 'x')).resolves.toEqual({ cursor: expect.any(String) });
  });

  it('keeps within the rate by itself', async () => {
    const { realtime, url } = await startNode({ limits: { messagesPerMinute: 1_200, messageBurst: 20 } });
    const client = newClient(url, { transports });
    const errors: string[] = [];
    client.on('error', ({ code }) => errors.push(code));
    const channel = randomName();
    await Promise.all(Array.from({ length: 60 }, (_, n) => client.send(channel, 'n', n)));
    const { messages } = await realtime.channel(channel).history({ limit: 100 });
    expect([messages.length, errors]).toEqual([60, []]);
  });

  it('is refused with a bad token, for good', async () => {
    const { url } = await startNode({ authenticate: () => undefined });
    const client = newClient(url, { transports, token: 'bad' });
    await expect(client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(client.state).toBe('closed');
  });

  it('moves to another node when its own drains, and misses nothing', async () => {
    const first = await startNode();
    const second = await startNode();
    // The first alone, until it drains.
    const proxy = await HttpProxy.start(first.url);
    const client = newClient(proxy.url, { transports });
    const channel = randomName();
    await client.subscribe(channel).subscribed;
    proxy.replace(second.url);
    const moved = next(client, 'open');
    const closed = first.realtime.close({ drainMs: 200 });
    await moved;
    await closed;
    const heard = new Inbox<unknown>();
    client.subscribe(channel).on('n', (data) => heard.push(data));
    await client.subscribe(channel).subscribed;
    await second.realtime.broadcast(channel, 'n', 1);
    expect(await heard.next('a message of the other node')).toBe(1);
    expect(client.transport).toBe(transport);
  });

  it('stays open while nobody says anything, and comes back when the network went without a word', async () => {
    const { realtime, url } = await startNode({ limits: { beatMs: 1_000, beatAnswerMs: 1_000 } });
    const { port } = new URL(url);
    const proxy = await startProxy({ host: '127.0.0.1', port: Number(port) });
    onTestFinished(() => proxy.close());
    const client = newClient(proxy.url(url), { transports, heartbeat: { graceMs: 1_000, probeMs: 500 } });
    const states: unknown[] = [];
    const channel = randomName();
    await client.subscribe(channel).subscribed;
    client.on('state', ({ state, error }) => states.push([state, error?.code]));
    // More than either side waits for a sign of life.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(states).toEqual([]);
    proxy.stall();
    await within(9_000, 'the client notices', next(client, 'waiting'));
    await until('the server notices', async () => (await realtime.channel(channel).subscriberCount()) === 0);
    expect(states[0]).toEqual(['waiting', 'HEARTBEAT_MISSED']);
    const back = next(client, 'open');
    proxy.cut();
    proxy.resume();
    await within(9_000, 'it is back', back);
  });
});
