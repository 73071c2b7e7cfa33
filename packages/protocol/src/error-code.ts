const RETRYABLE_CODES = [
  'BROKER_DOWN',
  'CLOSING',
  'CONNECT_TIMEOUT',
  'DEADLINE',
  'HEARTBEAT_MISSED',
  'OVERLOADED',
  'RATE_LIMITED',
  'REQUEST_TIMEOUT',
  'SLOW_READER',
  'TOKEN_EXPIRED',
  'TOO_MANY_CONNECTIONS',
  'UNKNOWN_SESSION',
] as const;

const FINAL_CODES = [
  'BAD_FRAME',
  'BAD_NAME',
  'BAD_OPTION',
  'CANCELLED',
  'CLOSED',
  'DISCONNECTED',
  'FORBIDDEN',
  'HANDLER_FAILED',
  'INVALID_DATA',
  'METHOD_NOT_ALLOWED',
  'NOT_FOUND',
  'NO_REALTIME',
  'OUTCOME_UNKNOWN',
  'QUEUE_FULL',
  'TOO_LARGE',
  'TOO_MANY_CHANNELS',
  'UNAUTHENTICATED',
  'UNKNOWN_CONNECTION',
  'UNSUPPORTED',
  'UNSUPPORTED_MEDIA_TYPE',
] as const;

/** Every stable error code. Each has a row in `errorTable` and a heading in `docs/errors.md`. */
export type ErrorCode = (typeof RETRYABLE_CODES)[number] | (typeof FINAL_CODES)[number];

/** The codes after which the same request may succeed later without being changed. */
export const RETRYABLE: ReadonlySet<string> = new Set(RETRYABLE_CODES);

// Marked as pure so that a bundler leaves it out of a client, which asks for the retryable ones only.
const FINAL: ReadonlySet<string> = /* @__PURE__ */ new Set(FINAL_CODES);

/** Whether `code` is one of ours. A newer peer may send a code that this version does not know. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && (RETRYABLE.has(code) || FINAL.has(code));
}
