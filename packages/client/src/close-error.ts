import { closeCodeReconnects, RealtimeError } from '@rt/protocol';

/**
 * The error that a close code alone stands for: where the server ends a connection, an `err` frame said why before.
 * `undefined` where the connection merely went (1000, 1001, 1006 …).
 */
export function closeError(closeCode: number): RealtimeError | undefined {
  // 1009 comes from below the server's frames, so without one.
  const code = closeCode === 1009 ? 'TOO_LARGE' : !closeCodeReconnects(closeCode) && 'DISCONNECTED';
  return code ? new RealtimeError(code, `Closed with code ${closeCode}.`) : undefined;
}
