import { systemClock } from '@rt/core';
import { expect, it } from 'vitest';
import { connectFrame, RawSession } from '../../../tests/hardening/raw-session.ts';
import type { Answer } from '../../../tests/hardening/raw-session.ts';
import { clockOf } from './fast-clock.ts';
import { startServer } from './start-server.ts';

const NO_WAIT = { headers: { 'rt-wait': '0' } };

/** What an answer is: its status, its number, its frames. */
const seen = ({ status, headers, frames }: Answer): unknown[] => [status, headers.get('rt-sequence'), frames];

it('a poll that may not wait is answered at once: with nothing where there is nothing', async () => {
  const { url } = await startServer();
  const session = await RawSession.open(url);
  const startedAt = performance.now();
  expect(seen(await session.poll(1, NO_WAIT))).toEqual([204, null, []]);
  expect(seen(await session.poll(1, NO_WAIT))).toEqual([204, null, []]);
  // Others wait for 25 s.
  expect(performance.now() - startedAt).toBeLessThan(15_000);
});

it('a poll that may not wait gets what there is, and again until it is acknowledged', async () => {
  const { realtime, url } = await startServer();
  const session = await RawSession.open(url);
  await realtime.send(session.id, 'hello', 1);
  const answer = await session.poll(1, NO_WAIT);
  expect(seen(answer)).toEqual([200, '2', [['direct', 'hello', 1]]]);
  expect((await session.poll(1, NO_WAIT)).text).toBe(answer.text);
  expect(seen(await session.poll(2, NO_WAIT))).toEqual([204, null, []]);
});

it('a poll that may not wait takes the place of one that does, which is answered with nothing', async () => {
  const { url } = await startServer();
  const session = await RawSession.open(url);
  const startedAt = performance.now();
  const waiting = session.poll(1);
  const isAnswered = waiting.then(() => true);
  let isOver = false;
  // It may come before the one that waits is there.
  while (!isOver) isOver = await Promise.race([isAnswered, session.poll(1, NO_WAIT).then(() => false)]);
  expect((await waiting).status).toBe(204);
  expect(performance.now() - startedAt).toBeLessThan(15_000);
});

it('a poll that may not wait is told of the end', async () => {
  const { realtime, url } = await startServer();
  const session = await RawSession.open(url);
  await realtime.disconnect({ connection: session.id });
  const told = await session.poll(1, NO_WAIT);
  expect([told.status, told.headers.get('rt-close')]).toEqual([200, '4502']);
});

it('a session whose polls do not wait ends as any other, when none comes for 10 s', async () => {
  const { realtime, url } = await startServer({ clock: clockOf(20) });
  const ended = new Promise<string>((resolve) =>
    realtime.on('disconnected', ({ connection }) => resolve(connection.id)),
  );
  const session = await RawSession.open(url);
  expect((await session.poll(1, NO_WAIT)).status).toBe(204);
  expect(await ended).toBe(session.id);
});

it.each(['1', '00', '-0', '', '0, 0', 'false', '25000'])('an rt-wait of "%s" is refused', async (wait) => {
  const { url } = await startServer();
  const session = await RawSession.open(url);
  const answer = await session.poll(1, { headers: { 'rt-wait': wait } });
  expect([answer.status, answer.code]).toEqual([400, 'BAD_FRAME']);
  // It was no poll, and the session goes on.
  expect((await session.poll(1, NO_WAIT)).status).toBe(204);
});

it('polls that acknowledge nothing are free while they take their time, and so leave the client its rate', async () => {
  let aheadMs = 0;
  const { url } = await startServer({
    clock: { ...systemClock, now: () => systemClock.now() + aheadMs },
    limits: { messageBurst: 5, messagesPerMinute: 1 },
  });
  const session = await RawSession.open(url, connectFrame());
  for (let poll = 0; poll < 30; poll++) {
    aheadMs += 500;
    expect(seen(await session.poll(1, NO_WAIT))).toEqual([204, null, []]);
  }
  await session.post(1, ['send', 1, 'room', 'said', 0]);
  expect((await session.poll(1)).frames[0]?.slice(0, 2)).toEqual(['ok', 1]);
});
