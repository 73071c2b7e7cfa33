import type { ClientConnection } from '../connection/client-connection.ts';
import type { User } from '../connection/user.ts';
import type { Logger } from '../contracts/logger.ts';

/** Which of the application's functions runs: `authenticate`, or what `authorize`, `handle` and `method` were given. */
export type InvocationKind = 'authenticate' | 'authorizer' | 'handler' | 'method';

/** One run of a function of the application on behalf of a client. */
export interface Invocation {
  readonly kind: InvocationKind;
  /** The handler's event, the method's name, what an authorizer is asked for (`subscribe`, `send` …), or `authenticate`. */
  readonly name: string;
  readonly connection: ClientConnection;
  /** Who the client was when this began; `undefined` is anonymous, and within `authenticate`. */
  readonly user: User | undefined;
  /** For handlers and authorizers. */
  readonly channel: string | undefined;
  /** What the client sent with it: a message's data, a method's input, the info that a member asks for. Not to be trusted. */
  readonly input: unknown;
  /** Unique: no other invocation of any node has it. */
  readonly requestId: string;
  /** Aborts when the caller takes the request back, when the client is gone, and when the time to answer is over. */
  readonly signal: AbortSignal;
  /** The server's logger; each line also has the request, connection, user and channel. */
  readonly logger: Logger;
}

/**
 * Runs around every authorizer, handler and method. Calls `next()` once for what is inside, and answers what that answered, or
 * something else: for an authorizer whether the client may, for a method the result. What it throws is the answer instead.
 */
export type Middleware = (invocation: Invocation, next: () => Promise<unknown>) => unknown;
