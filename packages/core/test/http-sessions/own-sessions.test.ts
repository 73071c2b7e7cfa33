import type { SessionLink } from '@rt/core';
import { expect, it } from 'vitest';
import type { Connection } from '../../src/connection/connection.ts';
import { OwnSessions } from '../../src/http-sessions/own-sessions.ts';
import { sessionKey } from '../../src/http-sessions/session-key.ts';
import { ManualClock } from '../manual-clock.ts';

const link: SessionLink = {
  encoding: { name: 'none', encode: () => new Uint8Array() },
  bufferedBytes: 0,
  write: () => undefined,
  close: () => undefined,
  leave: () => undefined,
  poll: async () => ({ body: new Uint8Array() }),
};

const POLL = { sequence: 1, holdMs: 0, signal: new AbortController().signal };

function connection(wasOpen: boolean): Connection {
  return { id: `node.${wasOpen}`, wasOpen, state: 'closed' } as Connection;
}

it('a session that has ended is kept for 10 s, for its last answer may be asked for again', async () => {
  const clock = new ManualClock();
  const sessions = new OwnSessions(clock);
  const key = sessionKey(sessions.add(connection(true), link));
  sessions.ended(key.connection);
  clock.advance(9_999);
  await sessions.poll(key, POLL);
  clock.advance(1);
  await expect(sessions.poll(key, POLL)).rejects.toMatchObject({ code: 'UNKNOWN_SESSION' });
});

it('one that was never let in is forgotten at once: it had no other answer than the one it began with', async () => {
  const clock = new ManualClock();
  const sessions = new OwnSessions(clock);
  const key = sessionKey(sessions.add(connection(false), link));
  sessions.ended(key.connection);
  expect(clock.pending).toBe(0);
  await expect(sessions.poll(key, POLL)).rejects.toMatchObject({ code: 'UNKNOWN_SESSION' });
});
