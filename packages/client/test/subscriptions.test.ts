import type { RealtimeError } from '@rt/client';
import { expect, it } from 'vitest';
import { Inbox } from './inbox.ts';
import { newClient, openClient, randomName } from './open-client.ts';
import { subscribed } from './subscribed.ts';

it('is pending until the server confirms it', async () => {
  const { client, server } = await newClient();
  const subscription = client.subscribe(randomName());
  expect(subscription.state).toBe('pending');
  await (await server.peers.next()).accept();
  await subscription.subscribed;
  expect(subscription.state).toBe('subscribed');
});

it('asks on an open connection by a sub frame, at once', async () => {
  const { client, peer } = await openClient();
  const channel = randomName();
  const subscription = client.subscribe(channel);
  const [, n] = await peer.frame('sub');
  peer.send(['sub', n, channel, 'c1', false]);
  await subscription.subscribed;
});

it('asks between connect frame and ready by a sub frame, once there is a ready', async () => {
  const { client, server } = await newClient();
  client.subscribe('early');
  const peer = await server.peers.next();
  const connect = await peer.frame('connect');
  client.subscribe('late');
  const limits = { maxFrameBytes: 65_536, maxChannels: 200, messagesPerMinute: 600, messageBurst: 100 };
  peer.send(['ready', 'node.1', null, limits, 20_000]);
  expect(connect[4]).toEqual([['early', null]]);
  expect((await peer.frame('sub'))[2]).toBe('late');
});

it('takes 200 channels up with the connect frame and asks for the rest one by one', async () => {
  const { client, server } = await newClient();
  const channels = Array.from({ length: 203 }, () => randomName());
  for (const channel of channels) client.subscribe(channel);
  const peer = await server.peers.next();
  const connect = await peer.accept();
  expect(connect[4]?.map(([channel]) => channel)).toEqual(channels.slice(0, 200));
  const rest = [await peer.frame('sub'), await peer.frame('sub'), await peer.frame('sub')];
  expect(rest.map((frame) => frame[2])).toEqual(channels.slice(200));
});

it('is one object for one channel', async () => {
  const { client, subscription, channel, peer } = await subscribed();
  expect(client.subscribe(channel)).toBe(subscription);
  peer.send(['ping']);
  expect(await peer.frames.next()).toEqual(['pong']);
});

it('throws BAD_NAME for a bad name', async () => {
  const { client } = await newClient();
  expect(() => client.subscribe('no spaces')).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
});

it('tells a refusal by the promise, the lifecycle and the client, and by no unhandled rejection', async () => {
  const { client, peer, errors } = await openClient();
  const subscription = client.subscribe('secret');
  const refused = new Promise<RealtimeError>((resolve) => subscription.lifecycle.on('refused', resolve));
  const [, n] = await peer.frame('sub');
  peer.send(['err', n, 'FORBIDDEN', 'not you']);
  const error = await refused;
  expect(await errors.next()).toBe(error);
  expect([subscription.state, error.code, error.message]).toEqual(['refused', 'FORBIDDEN', 'not you']);
  await expect(subscription.subscribed).rejects.toBe(error);
});

it('tells a refusal of a channel that the connect frame took up', async () => {
  const { client, server } = await newClient();
  const subscription = client.subscribe('secret');
  const peer = await server.peers.next();
  await peer.greet();
  peer.send(['unsub', 'secret', 'FORBIDDEN', 'not you']);
  await expect(subscription.subscribed).rejects.toMatchObject({ code: 'FORBIDDEN', message: 'not you' });
  expect(subscription.state).toBe('refused');
});

it('tries anew with another object after a refusal', async () => {
  const { client, peer } = await openClient();
  const first = client.subscribe('secret');
  peer.send(['err', (await peer.frame('sub'))[1], 'FORBIDDEN', 'not you']);
  await expect(first.subscribed).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const second = client.subscribe('secret');
  peer.send(['sub', (await peer.frame('sub'))[1], 'secret', null, false]);
  await second.subscribed;
  expect([second === first, first.state, second.state]).toEqual([false, 'refused', 'subscribed']);
});

it('asks again by itself when it was asking too fast', async () => {
  const { client, peer, errors } = await openClient();
  const subscription = client.subscribe('busy');
  const [, first] = await peer.frame('sub');
  peer.send(['err', first, 'RATE_LIMITED', 'slower', { retryAfterMs: 5 }]);
  const [, second] = await peer.frame('sub');
  peer.send(['sub', second, 'busy', null, false]);
  await subscription.subscribed;
  expect([second > first, errors.size]).toEqual([true, 0]);
});

it('is pending while the connection is away, and comes back with its last cursor', async () => {
  const { client, server } = await newClient();
  const subscription = client.subscribe('news');
  const recoveries = new Inbox<boolean>();
  subscription.lifecycle.on('subscribed', ({ recovered }) => recoveries.push(recovered));
  const first = await server.peers.next();
  await first.greet();
  first.send(
    ['sub', 0, 'news', 'c1', false],
    ['m', 'news', 'a', 'c2', 1, ['m1', 1]],
    ['m', 'news', 'a', null, 1, ['m2', 1]],
  );
  await subscription.subscribed;
  first.close();
  const second = await server.peers.next();
  expect(subscription.state).toBe('pending');
  const again = subscription.subscribed;
  const connect = await second.greet();
  expect(connect[4]).toEqual([['news', 'c2']]);
  second.send(['sub', 0, 'news', 'c2', true]);
  await again;
  expect([await recoveries.next(), await recoveries.next()]).toEqual([false, true]);
});

it('moves its cursor on by skip and gap, and tells the gap', async () => {
  const { peer, server, subscription, channel } = await subscribed();
  const gaps = new Inbox<string>();
  subscription.lifecycle.on('gap', ({ reason }) => gaps.push(reason));
  peer.send(['gap', channel, 'expired', 'c5'], ['skip', channel, 'c6']);
  expect(await gaps.next()).toBe('expired');
  peer.close();
  expect((await (await server.peers.next()).accept())[4]).toEqual([[channel, 'c6']]);
});

it('ends when the server ends it, with the code', async () => {
  const { client, peer, subscription, channel, errors } = await subscribed();
  const ended = new Promise((resolve) => subscription.lifecycle.on('unsubscribed', resolve));
  peer.send(['unsub', channel, 'FORBIDDEN', 'no longer']);
  expect(await ended).toEqual({ code: 'FORBIDDEN', message: 'no longer' });
  expect([subscription.state, errors.size, client.subscribe(channel) === subscription]).toEqual([
    'unsubscribed',
    0,
    false,
  ]);
});

it('unsubscribes: silent at once, resolved when the server knows', async () => {
  const { peer, subscription, channel, client } = await subscribed();
  const heard: unknown[] = [];
  subscription.onAny((event) => heard.push(event));
  const ended = new Promise((resolve) => subscription.lifecycle.on('unsubscribed', resolve));
  const done = subscription.unsubscribe();
  expect(subscription.state).toBe('unsubscribed');
  expect(await ended).toEqual({});
  const [, n, name] = await peer.frame('unsub');
  peer.send(['m', channel, 'late', null, 1, ['m1', 1]], ['ok', n]);
  await done;
  await subscription.unsubscribe();
  expect([name, heard, client.subscribe(channel) === subscription]).toEqual([channel, [], false]);
});

it('resolves unsubscribe() when the connection goes before the answer', async () => {
  const { peer, subscription, errors, server } = await subscribed();
  const done = subscription.unsubscribe();
  await peer.frame('unsub');
  peer.close();
  await done;
  expect([(await (await server.peers.next()).accept())[4], errors.size]).toEqual([[], 0]);
});

it('reports what the server has against unsubscribing', async () => {
  const { peer, subscription, errors } = await subscribed();
  const done = subscription.unsubscribe();
  peer.send(['err', (await peer.frame('unsub'))[1], 'UNSUPPORTED', 'what?']);
  await done;
  expect(await errors.next()).toMatchObject({ code: 'UNSUPPORTED' });
});

it('unsubscribes after ready what was left between connect frame and ready', async () => {
  const { client, server } = await newClient();
  const first = client.subscribe('news');
  const peer = await server.peers.next();
  const connect = peer.frame('connect');
  await connect;
  await first.unsubscribe();
  await expect(first.subscribed).rejects.toMatchObject({ code: 'CLOSED' });
  const second = client.subscribe('news');
  const limits = { maxFrameBytes: 65_536, maxChannels: 200, messagesPerMinute: 600, messageBurst: 100 };
  // The confirmation of the first is none of the second.
  peer.send(
    ['ready', 'node.1', null, limits, 20_000],
    ['sub', 0, 'news', null, false],
    ['m', 'news', 'a', null, 1, ['m1', 1]],
  );
  const [unsub, sub] = [await peer.frames.next(), await peer.frames.next()];
  expect([unsub[0], sub[0], second.state]).toEqual(['unsub', 'sub', 'pending']);
  peer.send(['ok', Number(unsub[1])], ['sub', Number(sub[1]), 'news', null, false]);
  await second.subscribed;
});

it('rejects with CLOSED when the client is closed, and is taken up by the next connect()', async () => {
  const { client, server } = await newClient();
  const subscription = client.subscribe('news');
  client.close();
  await expect(subscription.subscribed).rejects.toMatchObject({ code: 'CLOSED' });
  const late = client.subscribe('late');
  await expect(late.subscribed).rejects.toMatchObject({ code: 'CLOSED' });
  const opened = client.connect();
  const connect = await (await server.peers.next()).accept();
  await opened;
  await Promise.all([subscription.subscribed, late.subscribed]);
  expect(connect[4]).toEqual([
    ['news', null],
    ['late', null],
  ]);
});

it('asks for the last messages until it is confirmed, and never again', async () => {
  const { client, server } = await newClient();
  const subscription = client.subscribe('news', { last: 20 });
  const first = await server.peers.next();
  expect((await first.greet())[4]).toEqual([['news', null, 20]]);
  first.close();
  const second = await server.peers.next();
  expect((await second.accept())[4]).toEqual([['news', null, 20]]);
  await subscription.subscribed;
  second.close();
  expect((await (await server.peers.next()).accept())[4]).toEqual([['news', null]]);
});

it('asks for the last messages on an open connection too', async () => {
  const { client, peer } = await openClient();
  client.subscribe('news', { last: 5 });
  const frame = await peer.frame('sub');
  expect(frame).toEqual(['sub', frame[1], 'news', null, 5]);
});

it.each([0, 1.5, NaN])('throws BAD_OPTION for the last %d messages', async (last) => {
  const { client } = await newClient();
  expect(() => client.subscribe('news', { last })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
});
