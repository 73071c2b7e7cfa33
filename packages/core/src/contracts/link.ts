import type { Encoding } from './encoding.ts';

/**
 * A transport's outbound half of one connection.
 *
 * - `write` MUST keep the order of its calls, MUST NOT throw, and MUST NOT block: what the socket doesn't take is buffered.
 * - `close` MUST let everything already written leave first, and MUST be idempotent.
 * - After the session's `closed` was called, both do nothing.
 */
export interface Link {
  readonly encoding: Encoding;
  write(bytes: Uint8Array): void;
  /** Bytes handed to `write` that the socket has not taken yet. */
  readonly bufferedBytes: number;
  close(code: number, reason: string): void;
}
