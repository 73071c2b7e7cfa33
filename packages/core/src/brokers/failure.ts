import { RealtimeError } from '@rt/protocol';

const MAX_REASON_LENGTH = 200;

/** What went wrong, in one line, for logs and messages. Never holds what was sent. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const text = error.message.replaceAll(/[^\x20-\x7e]+/g, ' ').trim();
  // The library often says only what it did; what went wrong is behind that.
  const cause = error.cause instanceof Error ? reasonOf(error.cause) : '';
  const full = cause === '' || text.includes(cause) ? text : `${text}: ${cause}`;
  // Where several addresses were tried, there is a code and no message.
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return (full === '' ? code : full).slice(0, MAX_REASON_LENGTH);
}

/** Nothing was done, and the same may work later. */
export function brokerDown(what: string, error?: unknown): RealtimeError {
  if (error instanceof RealtimeError) return error;
  return new RealtimeError('BROKER_DOWN', error === undefined ? what : `${what}: ${reasonOf(error)}`);
}

/** It was sent, and no answer came. */
export function outcomeUnknown(what: string, error: unknown): RealtimeError {
  return new RealtimeError('OUTCOME_UNKNOWN', `${what}, the outcome is not known: ${reasonOf(error)}`);
}
