import type { Message } from '@rt/client';
import { expect, it } from 'vitest';
import type { ChannelSubscription } from '../src/channel-subscription.ts';
import { Inbox } from './inbox.ts';
import { randomName } from './open-client.ts';
import { subscribed } from './subscribed.ts';

it('gives data and where it comes from to the listeners of its event', async () => {
  const { peer, subscription, channel } = await subscribed();
  const heard = new Inbox<[data: unknown, message: Message]>();
  subscription.on<{ text: string }>('posted', (data, message) => heard.push([data, message]));
  peer.send(
    ['m', channel, 'other', null, 0, ['m0', 1]],
    ['m', channel, 'posted', 'c7', { text: 'hi' }, ['m1', 1_700_000_000_000, 'ada']],
    ['m', channel, 'posted', null, { text: 'volatile' }, ['m2', 1_700_000_000_001]],
  );
  expect(await heard.next()).toEqual([
    { text: 'hi' },
    { id: 'm1', channel, event: 'posted', at: 1_700_000_000_000, user: { id: 'ada' }, cursor: 'c7' },
  ]);
  expect(await heard.next()).toEqual([
    { text: 'volatile' },
    { id: 'm2', channel, event: 'posted', at: 1_700_000_000_001 },
  ]);
});

it('gives every message to onAny, and one to once', async () => {
  const { peer, subscription, channel } = await subscribed();
  const all = new Inbox<[event: string, data: unknown, id: string]>();
  const once: unknown[] = [];
  subscription.onAny((event, data, { id }) => all.push([event, data, id]));
  subscription.once('a', (data) => once.push(data));
  peer.send(
    ['m', channel, 'a', null, 1, ['m1', 1]],
    ['m', channel, 'a', null, 2, ['m2', 1]],
    ['m', channel, 'b', null, 3, ['m3', 1]],
  );
  expect([await all.next(), await all.next(), await all.next()]).toEqual([
    ['a', 1, 'm1'],
    ['a', 2, 'm2'],
    ['b', 3, 'm3'],
  ]);
  expect(once).toEqual([1]);
});

it('reports a listener that throws and still calls the others', async () => {
  const { peer, subscription, channel, errors } = await subscribed();
  const cause = new Error('mine');
  const heard = new Inbox<unknown>();
  subscription.on('a', () => {
    throw cause;
  });
  subscription.on('a', (data) => heard.push(data));
  peer.send(['m', channel, 'a', null, 1, ['m1', 1]]);
  expect(await heard.next()).toBe(1);
  expect(await errors.next()).toMatchObject({ code: 'HANDLER_FAILED', cause });
});

it('stops calling a listener that was taken off', async () => {
  const { peer, subscription, channel } = await subscribed();
  const heard: unknown[] = [];
  const listener = (data: unknown): void => void heard.push(data);
  subscription.on('a', listener);
  subscription.off('a', listener);
  const off = subscription.onAny(() => heard.push('any'));
  off();
  const last = new Promise((resolve) => subscription.on('last', resolve));
  peer.send(['m', channel, 'a', null, 1, ['m1', 1]], ['m', channel, 'last', null, 1, ['m2', 1]]);
  await last;
  expect(heard).toEqual([]);
});

it('ignores messages of channels that nobody wants', async () => {
  const { peer, subscription, channel, errors } = await subscribed();
  const heard = new Promise((resolve) => subscription.on('a', resolve));
  peer.send(['m', randomName(), 'a', null, 0, ['m0', 1]], ['m', channel, 'a', null, 1, ['m1', 1]]);
  expect(await heard).toBe(1);
  expect(errors.size).toBe(0);
});

it('moves on only after the listeners of a message, so that what a closing listener left comes again', async () => {
  const { client, peer, server, subscription, channel } = await subscribed();
  const heard: unknown[] = [];
  subscription.on('a', (data) => {
    heard.push(data);
    if (data !== 2) return;
    client.close();
    void client.connect();
  });
  peer.send(
    ['m', channel, 'a', 'c1', 1, ['m1', 1]],
    ['m', channel, 'a', 'c2', 2, ['m2', 1]],
    ['m', channel, 'a', 'c3', 3, ['m3', 1]],
  );
  const next = await server.peers.next();
  expect((await next.accept())[4]).toEqual([[channel, 'c2']]);
  expect(heard).toEqual([1, 2]);
});

it('has not moved on while a listener runs, and counts one that throws as run', async () => {
  const { peer, server, subscription, channel, errors } = await subscribed();
  const { promise, resolve } = Promise.withResolvers<unknown>();
  subscription.on('a', () => {
    // The client keeps its place to itself; its own tests may look.
    resolve((subscription as ChannelSubscription).cursor);
    throw new Error('mine');
  });
  peer.send(['skip', channel, 'c1'], ['m', channel, 'a', 'c2', 1, ['m1', 1]]);
  expect(await promise).toBe('c1');
  await errors.next();
  peer.close();
  expect((await (await server.peers.next()).accept())[4]).toEqual([[channel, 'c2']]);
});

it('tells a gap before the messages after it, and that it recovered', async () => {
  const { peer, server, subscription, channel } = await subscribed();
  const heard = new Inbox<unknown>();
  subscription.lifecycle.on('recovered', () => heard.push('recovered'));
  subscription.lifecycle.on('subscribed', ({ recovered }) => heard.push(recovered));
  subscription.lifecycle.on('gap', ({ reason }) => heard.push(reason));
  subscription.onAny((event) => heard.push(event));
  peer.close();
  const second = await server.peers.next();
  await second.greet();
  second.send(
    ['sub', 0, channel, 'c1', false],
    ['gap', channel, 'expired', 'c4'],
    ['m', channel, 'a', 'c5', 1, ['m5', 5]],
  );
  expect([await heard.next(), await heard.next(), await heard.next()]).toEqual([false, 'expired', 'a']);
  second.close();
  const third = await server.peers.next();
  expect((await third.greet())[4]).toEqual([[channel, 'c5']]);
  third.send(['sub', 0, channel, 'c5', true]);
  expect([await heard.next(), await heard.next()]).toEqual(['recovered', true]);
});

it('keeps its old place until the gap has come, so that a cut between the two is no recovery', async () => {
  const { peer, server, subscription, channel } = await subscribed();
  const heard = new Inbox<unknown>();
  subscription.lifecycle.on('subscribed', ({ recovered }) => heard.push(recovered));
  peer.send(['skip', channel, 'c1']);
  peer.close();
  const second = await server.peers.next();
  expect((await second.greet())[4]).toEqual([[channel, 'c1']]);
  second.send(['sub', 0, channel, 'c9', false]);
  expect(await heard.next()).toBe(false);
  second.close();
  const third = await server.peers.next();
  expect((await third.greet())[4]).toEqual([[channel, 'c1']]);
  third.send(['sub', 0, channel, 'c9', false], ['gap', channel, 'expired', 'c8']);
  expect(await heard.next()).toBe(false);
  third.close();
  expect((await (await server.peers.next()).greet())[4]).toEqual([[channel, 'c8']]);
});

it('leaves alone what still arrives for an earlier subscription of its channel', async () => {
  const { client, peer, server, subscription, channel } = await subscribed();
  await Promise.all([subscription.unsubscribe(), peer.frame('unsub').then(([, n]) => peer.send(['ok', n]))]);
  const next = client.subscribe(channel);
  const [, n] = await peer.frame('sub');
  peer.send(['skip', channel, 'c1'], ['gap', channel, 'expired', 'c2'], ['sub', n, channel, 'c3', false]);
  await next.subscribed;
  peer.close();
  expect((await (await server.peers.next()).greet())[4]).toEqual([[channel, 'c3']]);
});
