import { expect, it } from 'vitest';
import { connectFrame, RawSession } from '../../../tests/hardening/raw-session.ts';
import { startServer } from './start-server.ts';

const STRICT = { limits: { messageBurst: 5, messagesPerMinute: 1 } };

it('polls that acknowledge a new answer cost nothing: a client that gets much may still send', async () => {
  const { realtime, url } = await startServer(STRICT);
  const session = await RawSession.open(url, connectFrame());
  for (let sequence = 1; sequence <= 100; sequence++) {
    await realtime.send(session.id, 'tick', sequence);
    expect((await session.poll(sequence)).frames).toEqual([['direct', 'tick', sequence]]);
  }
  await session.post(1, ['send', 1, 'room', 'said', 0]);
  expect((await session.poll(101)).frames[0]?.slice(0, 2)).toEqual(['ok', 1]);
});

it('A1: polls that acknowledge nothing new are limited, then closed with 4003', async () => {
  const { url } = await startServer(STRICT);
  const session = await RawSession.open(url, connectFrame());
  const answers = [];
  for (let poll = 0; poll < 12; poll++) answers.push(session.poll(1));
  const all = await Promise.all(answers);
  const frames = all.flatMap((answer) => answer.frames);
  expect(frames.find((frame) => frame[2] === 'RATE_LIMITED')?.[4]).toEqual({ retryAfterMs: expect.any(Number) });
  let code: string | null = null;
  for (let sequence = 1; code === null && sequence < 10;) {
    const answer = await session.poll(sequence);
    code = answer.headers.get('rt-close');
    sequence = Number(answer.headers.get('rt-sequence') ?? sequence);
    expect(answer.status).toBeLessThan(300);
  }
  expect(code).toBe('4003');
});

it('A1: posts that are repeated, or out of turn, are limited too', async () => {
  for (const sequence of [1, 7]) {
    const { url } = await startServer(STRICT);
    const session = await RawSession.open(url, connectFrame());
    await session.post(1, ['ping']);
    const statuses = await Promise.all(
      Array.from({ length: 12 }, async () => (await session.post(sequence, ['ping'])).status),
    );
    expect(statuses.filter((status) => status !== 410 && status !== (sequence === 1 ? 204 : 400))).toEqual([]);
    const told = await session.poll(1);
    const last = told.headers.get('rt-close') === null ? await session.poll(2) : told;
    expect(last.headers.get('rt-close')).toBe('4003');
  }
});
