import type { Message } from '@rt/client';
import { expect, it } from 'vitest';
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
