import type { ConnectionRequest } from './connection-request.ts';

/** Who is behind a connection, as `authenticate` said. Everything but `id` is the application's own. */
export interface User {
  /** Stable and not empty: messages carry it as their sender. Its `userChannel` has at most 164 characters. */
  readonly id: string;
  /** When this stops being true. The connection ends within a second after it, unless a new token came before. */
  readonly expiresAt?: Date;
  readonly [key: string]: unknown;
}

/** Decides who a client is. */
export interface Authenticate {
  /**
   * Answers the user of `token` (or of a cookie in `request.headers`), or `undefined` for "not accepted".
   * A token that was given and not accepted refuses the connection with `UNAUTHENTICATED`; without a token, `undefined`
   * means anonymous where `anonymous` allows it. Throwing means "can't tell now": the client tries again.
   * `signal` aborts when the client is gone, and when no answer about a new token came within `limits.decisionTimeoutMs`.
   */
  (attempt: {
    readonly token: string | undefined;
    readonly request: ConnectionRequest;
    readonly signal: AbortSignal;
  }): User | undefined | Promise<User | undefined>;
}
