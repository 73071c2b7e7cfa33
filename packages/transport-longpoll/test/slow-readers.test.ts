import type { LifecycleEvents } from '@rt/core';
import { Inbox } from '@rt/core/conformance';
import { expect, it } from 'vitest';
import { connectFrame, RawSession } from '../../../tests/hardening/raw-session.ts';
import { startServer } from './start-server.ts';

/** Polls from answer `from` on until `count` messages have come; gives what is in each frame that is one, or a gap. */
async function catchUp(session: RawSession, from: number, count: number): Promise<unknown[]> {
  const got: unknown[] = [];
  for (let sequence = from; got.length < count;) {
    const answer = await session.poll(sequence);
    sequence = Number(answer.headers.get('rt-sequence') ?? sequence);
    for (const frame of answer.frames) {
      if (frame[0] === 'm') got.push(String(frame[4]).slice(0, 8).trim());
      if (frame[0] === 'gap') got.push('gap');
    }
  }
  return got;
}

it('C1: one that does not poll has no more waiting for it than is pushed, and gets what it missed from the log', async () => {
  const { realtime, url } = await startServer({ channels: { '*': { history: { size: 1_000, ttlMs: 60_000 } } } });
  const session = await RawSession.open(url, connectFrame(null, 'news'));
  const sequence = await session.subscribed();
  // 8 MB, far beyond the 1 MiB with which a connection would be cut.
  for (let n = 0; n < 200; n++) await realtime.broadcast('news', 'tick', String(n).padEnd(40_000));
  const got = await catchUp(session, sequence, 200);
  expect(got).toEqual(Array.from({ length: 200 }, (_, n) => String(n)));
});

it('C1: one that has fallen behind and takes nothing for 5 s is cut', async () => {
  const { realtime, url } = await startServer({ channels: { '*': { history: false } } });
  const ends = new Inbox<LifecycleEvents['disconnected']>();
  realtime.on('disconnected', (event) => ends.push(event));
  const session = await RawSession.open(url, connectFrame(null, 'news'));
  await session.subscribed();
  for (let n = 0; n < 20; n++) await realtime.broadcast('news', 'tick', String(n).padEnd(40_000));
  // Its last frames are there to be fetched for a while.
  expect((await ends.next('the end', 18_000)).reason).toBe('SLOW_READER');
});
