import { RealtimeError } from '@rt/protocol';

const MAX_REASON_LENGTH = 200;

/**
 * What went wrong, in one line, for logs and messages. An error of ioredis carries the whole command, payload and password
 * included, and Redis may quote what it was sent: nothing but the start of its message is passed on.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  // What a cluster's client says when it found no node: the last one's error says why.
  if ('lastNodeError' in error && error.lastNodeError instanceof Error) return reasonOf(error.lastNodeError);
  // Redis names the script's hash and line behind its own message.
  const text = error.message
    .replace(/ script: .*$/s, '')
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim();
  const { code } = error as { code?: unknown };
  const prefix = typeof code === 'string' && !text.includes(code) ? `${code} ` : '';
  return (prefix + (text === '' ? error.name : text)).slice(0, MAX_REASON_LENGTH);
}

/** Whether what failed with this error was surely not done: Redis refused it, or it never left. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && (error.name === 'ReplyError' || error.message.startsWith("Stream isn't writeable"));
}

/** Nothing was done, and the same may work later. */
export function brokerDown(what: string, error?: unknown): RealtimeError {
  if (error instanceof RealtimeError) return error;
  return new RealtimeError('BROKER_DOWN', error === undefined ? what : `${what}: ${reasonOf(error)}`);
}

/** It was sent, and the connection went before the answer came. */
export function outcomeUnknown(what: string, error: unknown): RealtimeError {
  return new RealtimeError('OUTCOME_UNKNOWN', `${what}, the outcome is not known: ${reasonOf(error)}`);
}
