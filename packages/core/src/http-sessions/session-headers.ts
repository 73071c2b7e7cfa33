import { RealtimeError } from '@rt/protocol';
import type { IncomingMessage } from 'node:http';
import { sessionKey } from './session-key.ts';
import type { SessionKey } from './session-key.ts';

/** The header with a session's secret. A request without it opens a session. */
export const SESSION_HEADER = 'rt-session';

/** Which session a request is for. Throws `BAD_FRAME` without the header, `UNKNOWN_SESSION` for one that never was any. */
export function keyOf(req: IncomingMessage): SessionKey {
  const shown = req.headers[SESSION_HEADER];
  if (typeof shown !== 'string') throw new RealtimeError('BAD_FRAME', 'send the header rt-session');
  return sessionKey(shown);
}

/** The number in `rt-sequence`. Throws `BAD_FRAME`. */
export function sequenceOf(req: IncomingMessage): number {
  const text = req.headers['rt-sequence'];
  const sequence = typeof text === 'string' && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : 0;
  if (sequence < 1 || !Number.isSafeInteger(sequence)) {
    throw new RealtimeError('BAD_FRAME', 'send the header rt-sequence: a whole number from 1 to 2^53-1');
  }
  return sequence;
}
