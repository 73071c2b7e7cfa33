/** How long a client waits before it tries again. */
export interface Backoff {
  /** The longest wait before the first retry. */
  readonly baseMs: number;
  /** The longest wait before any retry. */
  readonly maxMs: number;
}

/**
 * The wait before retry number `attempt` (from 0): anything from 0 to `min(maxMs, baseMs · 2^attempt)`.
 * All of it is random ("full jitter"), so that the clients of a node that died don't return at the same moment.
 */
export function backoffDelayMs(attempt: number, backoff: Backoff, random: () => number = Math.random): number {
  // After many attempts the power is Infinity, which a base of 0 makes NaN.
  return random() * (Math.min(backoff.maxMs, backoff.baseMs * 2 ** attempt) || 0);
}
