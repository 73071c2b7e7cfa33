import type { RealtimeError } from '@rt/protocol';

/**
 * - `idle`: nothing was asked of the client yet;
 * - `connecting`: an attempt is under way;
 * - `open`: the server has answered;
 * - `waiting`: the next attempt follows by itself;
 * - `closed`: over, by `close()` or by the server. Only `connect()` starts again.
 */
export type ConnectionState = 'idle' | 'connecting' | 'open' | 'waiting' | 'closed';

/** A change of the connection's state. */
export interface StateChange {
  readonly state: ConnectionState;
  /** Why the connection before it ended, where more is known than that it went. */
  readonly error?: RealtimeError | undefined;
  /** With `waiting`: the time until the next attempt, in milliseconds. */
  readonly retryInMs?: number;
}
