import type { ConnectionRequest } from './connection-request.ts';

/** Who is behind a connection, as `authenticate` said. Everything but `id` is the application's own. */
export interface User {
  /** 1–128 characters, stable: messages carry it as their sender. */
  readonly id: string;
  readonly [key: string]: unknown;
}

/** Decides who a client is. */
export interface Authenticate {
  /**
   * Answers the user of `token` (or of a cookie in `request.headers`), or `undefined` for "not accepted".
   * A token that was given and not accepted refuses the connection with `UNAUTHENTICATED`; without a token, `undefined`
   * means anonymous where `anonymous` allows it. Throwing means "can't tell now": the client tries again.
   * `signal` aborts when the client is gone.
   */
  (attempt: {
    readonly token: string | undefined;
    readonly request: ConnectionRequest;
    readonly signal: AbortSignal;
  }): User | undefined | Promise<User | undefined>;
}

/** Whether `value`, which the application's code answered, is a user. */
export function isUser(value: unknown): value is User {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    value.id.length > 0 &&
    value.id.length <= 128
  );
}
