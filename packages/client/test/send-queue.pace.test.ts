import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openClient } from './open-client.ts';
import type { Peer } from './scripted-server.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => vi.useRealTimers());

/** The events of all sends that have arrived by now. */
async function arrived(peer: Peer): Promise<unknown[]> {
  peer.send(['ping']);
  const events: unknown[] = [];
  for (;;) {
    const frame = await peer.frames.next();
    if (frame[0] === 'pong') return events;
    if (frame[0] === 'send') events.push(frame[3]);
  }
}

it('keeps within the burst less a reserve, then within the rate, and in order', async () => {
  const { client, peer } = await openClient({}, { messageBurst: 14, messagesPerMinute: 60 });
  for (let index = 0; index < 10; index++) void client.send('news', `${index}`).catch(() => {});
  const first = await arrived(peer);
  await vi.advanceTimersByTimeAsync(3_000);
  const second = await arrived(peer);
  expect(first).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  expect(second).toEqual(['7', '8']);
});

it('paces what waited for a connection too', async () => {
  const { client, peer, server, states } = await openClient();
  peer.close();
  await states.find((change) => change.state === 'waiting');
  for (let index = 0; index < 40; index++) void client.send('news', `${index}`).catch(() => {});
  await vi.advanceTimersByTimeAsync(5);
  const next = await server.peers.next();
  await next.accept({ messageBurst: 30, messagesPerMinute: 600 });
  expect(await arrived(next)).toHaveLength(20);
  await vi.advanceTimersByTimeAsync(1_000);
  expect((await arrived(next)).at(-1)).toBe('28');
});

it('drops volatile sends while the rate is used up', async () => {
  const { client, peer } = await openClient({}, { messageBurst: 20, messagesPerMinute: 60 });
  for (let index = 0; index < 30; index++) void client.send('news', `${index}`, null, { volatile: true });
  expect(await arrived(peer)).toHaveLength(10);
});

it('makes a send that was refused as too fast again, before those that wait, and under its id', async () => {
  const { client, peer } = await openClient();
  const first = client.send('news', 'first');
  const [, n, , , , id] = await peer.frame('send');
  peer.send(['err', n, 'RATE_LIMITED', 'slower', { retryAfterMs: 700 }], ['direct', 'refused', null]);
  await new Promise((resolve) => client.direct.once('refused', resolve));
  const second = client.send('news', 'second');
  await vi.advanceTimersByTimeAsync(690);
  expect(await arrived(peer)).toEqual([]);
  await vi.advanceTimersByTimeAsync(10);
  const frames = [await peer.frame('send'), await peer.frame('send')];
  expect(frames.map((frame) => [frame[3], frame[6]])).toEqual([
    ['first', undefined],
    ['second', undefined],
  ]);
  expect(frames[0]?.[5]).toBe(id);
  for (const frame of frames) peer.send(['ok', frame[1]]);
  await Promise.all([first, second]);
});

it('brings refused sends back into their order', async () => {
  const { client, peer } = await openClient();
  for (const event of ['first', 'second', 'third']) void client.send('news', event).catch(() => {});
  const refused = [await peer.frame('send'), await peer.frame('send'), await peer.frame('send')];
  for (const [, n] of refused) peer.send(['err', n, 'RATE_LIMITED', 'slower', { retryAfterMs: 50 }]);
  peer.send(['direct', 'refused', null]);
  await new Promise((resolve) => client.direct.once('refused', resolve));
  await vi.advanceTimersByTimeAsync(50);
  expect(await arrived(peer)).toEqual(['first', 'second', 'third']);
});

it('refuses more sends than the queue holds while the rate is used up', async () => {
  const { client, peer } = await openClient({ queueLimit: 1 }, { messageBurst: 1, messagesPerMinute: 60 });
  const sent = client.send('news', 'sent');
  const waiting = client.send('news', 'waiting');
  await expect(client.send('news', 'too much')).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  peer.send(['ok', (await peer.frame('send'))[1]]);
  await sent;
  await vi.advanceTimersByTimeAsync(1_000);
  peer.send(['ok', (await peer.frame('send'))[1]]);
  await waiting;
});
