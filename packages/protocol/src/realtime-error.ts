import { RETRYABLE } from './error-code.ts';
import type { ErrorCode } from './error-code.ts';

/** What a `RealtimeError` may carry besides its code and message. */
export interface RealtimeErrorOptions {
  /** The error behind this one. Never sent to another process. */
  readonly cause?: unknown;
  /** Machine-readable extras, e.g. `{ retryAfterMs }` of `RATE_LIMITED`. */
  readonly detail?: unknown;
}

/** The one error class of rt, on the server, in the client, over HTTP and in the command line. */
export class RealtimeError extends Error {
  override readonly name = 'RealtimeError';
  /** Stable, upper snake case: switch on this, never on the message. */
  readonly code: ErrorCode;
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** Machine-readable extras; `undefined` where the code has none. */
  readonly detail: unknown;

  constructor(code: ErrorCode, message: string, options: RealtimeErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.detail = options.detail;
  }
}

/** `error` itself where it is a `RealtimeError`, else a new one with `code` and the original as its cause. */
export function toRealtimeError(error: unknown, code: ErrorCode, message: string): RealtimeError {
  return error instanceof RealtimeError ? error : new RealtimeError(code, message, { cause: error });
}
