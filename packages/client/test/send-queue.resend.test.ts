import { afterEach, expect, it, vi } from 'vitest';
import { openClient } from './open-client.ts';
import type { Peer } from './scripted-server.ts';

const FOREVER = { baseMs: 2 ** 31 - 1, maxMs: 2 ** 31 - 1 };

afterEach(() => vi.useRealTimers());

/** Takes the next send as event, publish id and whether it is a resend. */
async function nextSend(peer: Peer): Promise<[event: string, id: unknown, again: unknown]> {
  const [, , , event, , id, again] = await peer.frame('send');
  return [event, id, again];
}

it('sends unanswered messages again under their ids and before what waited, when the connection is back', async () => {
  const { client, peer, server, states } = await openClient();
  const first = client.send('news', 'first');
  const second = client.send('news', 'second');
  const ids = [await peer.frame('send'), await peer.frame('send')].map((frame) => frame[5]);
  peer.close();
  await states.find((change) => change.state === 'waiting');
  const third = client.send('news', 'third');
  const next = await server.peers.next();
  await next.accept();
  const frames = [await next.frame('send'), await next.frame('send'), await next.frame('send')];
  expect(frames.map(([, , , event, , id, again]) => [event, id, again])).toEqual([
    ['first', ids[0], true],
    ['second', ids[1], true],
    ['third', expect.any(String), undefined],
  ]);
  expect(new Set(frames.map((frame) => frame[5])).size).toBe(3);
  for (const [, n] of frames) next.send(['ok', n, `c${n}`]);
  expect(await Promise.all([first, second, third])).toEqual(frames.map(([, n]) => ({ cursor: `c${n}` })));
});

it('does not send an answered message again', async () => {
  const { client, peer, server } = await openClient();
  const sent = client.send('news', 'posted');
  peer.send(['ok', (await peer.frame('send'))[1]]);
  await sent;
  peer.close();
  const next = await server.peers.next();
  await next.accept();
  next.send(['ping']);
  expect(await next.frames.next()).toEqual(['pong']);
});

it('rejects with what the server says of a second copy', async () => {
  const { client, peer, server } = await openClient();
  const sent = client.send('bus', 'posted');
  await peer.frame('send');
  peer.close();
  const next = await server.peers.next();
  await next.accept();
  next.send(['err', (await next.frame('send'))[1], 'OUTCOME_UNKNOWN', 'the channel keeps no log']);
  await expect(sent).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', message: 'the channel keeps no log' });
});

it('sends unanswered messages again on the connection that a drain moves to', async () => {
  const { client, peer, server } = await openClient();
  const sent = client.send('news', 'posted');
  const [, , , , , id] = await peer.frame('send');
  peer.send(['drain', 1]);
  const next = await server.peers.next();
  await next.accept();
  const frame = await next.frame('send');
  expect(frame.slice(5)).toEqual([id, true]);
  next.send(['ok', frame[1]]);
  await sent;
});

it('gives an unanswered message up 90 s after its first copy, and keeps what was never sent', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const { client, peer, server, states } = await openClient({ backoff: FOREVER });
  const sent = client.send('news', 'sent');
  await peer.frame('send');
  peer.close();
  await states.find((change) => change.state === 'waiting');
  const waiting = client.send('news', 'waiting');
  const failed = sent.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(90_000);
  expect(await failed).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  await vi.advanceTimersByTimeAsync(90_000);
  void client.connect();
  const next = await server.peers.next();
  await next.accept();
  const frame = await next.frame('send');
  expect([frame[3], frame[6]]).toEqual(['waiting', undefined]);
  next.send(['ok', frame[1]]);
  await waiting;
});

it('still sends a message again shortly before the 90 s, and counts them from its first copy', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const { client, peer, server, states } = await openClient({ backoff: FOREVER });
  const failed = client.send('news', 'posted').catch((error: unknown) => error);
  await peer.frame('send');
  peer.close();
  await states.find((change) => change.state === 'waiting');
  await vi.advanceTimersByTimeAsync(80_000);
  void client.connect();
  const second = await server.peers.next();
  await second.accept();
  expect((await nextSend(second))[2]).toBe(true);
  second.close();
  await states.find((change) => change.state === 'waiting');
  await vi.advanceTimersByTimeAsync(10_001);
  expect(await failed).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
});

it('does not send again what a sleep made older than 90 s, where the monotonic clock stood still', async () => {
  const { client, peer, server, states } = await openClient({ backoff: FOREVER });
  const failed = client.send('news', 'posted').catch((error: unknown) => error);
  await peer.frame('send');
  peer.close();
  await states.find((change) => change.state === 'waiting');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 90_000 });
  void client.connect();
  const next = await server.peers.next();
  await next.accept();
  expect(await failed).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  next.send(['ping']);
  expect(await next.frames.next()).toEqual(['pong']);
});

it('rejects what may have arrived with OUTCOME_UNKNOWN when the client is closed while away', async () => {
  const { client, peer, states } = await openClient({ backoff: FOREVER });
  const sent = client.send('news', 'sent').catch((error: unknown) => error);
  await peer.frame('send');
  peer.close();
  await states.find((change) => change.state === 'waiting');
  const waiting = client.send('news', 'waiting').catch((error: unknown) => error);
  client.close();
  expect([await sent, await waiting]).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }, { code: 'CLOSED' }]);
});
