import { closeCodeReconnects, RealtimeError } from '@rt/protocol';
import type { ErrorCode } from '@rt/protocol';

/** The close codes of the protocol's `errorTable`, which is too large for a page; a test compares the two. */
export const CLOSE_ERRORS: Readonly<Partial<Record<number, ErrorCode>>> = {
  1009: 'TOO_LARGE',
  4000: 'HEARTBEAT_MISSED',
  4001: 'CONNECT_TIMEOUT',
  4002: 'SLOW_READER',
  4003: 'RATE_LIMITED',
  4004: 'TOO_MANY_CONNECTIONS',
  4005: 'TOKEN_EXPIRED',
  4200: 'CLOSING',
  4500: 'BAD_FRAME',
  4501: 'UNAUTHENTICATED',
  4502: 'DISCONNECTED',
  4503: 'UNSUPPORTED',
};

/** The error that a close code stands for, or `undefined` where the connection merely went (1000, 1001, 1006 …). */
export function closeError(closeCode: number): RealtimeError | undefined {
  const code = CLOSE_ERRORS[closeCode] ?? (closeCodeReconnects(closeCode) ? undefined : 'DISCONNECTED');
  return code && new RealtimeError(code, `Closed with code ${closeCode}.`);
}
