import type { ClientConnection } from './connection/client-connection.ts';
import type { ConnectionRequest } from './connection/connection-request.ts';
import { withoutCredentials } from './connection/credentials.ts';
import type { Credentials } from './connection/credentials.ts';
import type { Logger } from './contracts/logger.ts';

/** The longest description of an error in the log. */
const MAX_LENGTH = 1_000;

/**
 * Says in the log what the application's own code threw: name, code and message, without what the client proves itself with.
 * That code gets tokens and cookies, and what it throws may quote them.
 */
export class ApplicationErrors {
  readonly #logger: Logger;
  readonly #credentials = new WeakMap<ClientConnection, Credentials>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** What `connection` proves itself with where it sends `token` as well. The last token may still be at work somewhere. */
  credentialsOf(connection: ClientConnection, request: ConnectionRequest, token: string | undefined): Credentials {
    const [last] = this.#credentials.get(connection)?.tokens ?? [];
    return { request, tokens: [token, last].filter((each) => each !== undefined) };
  }

  /** `connection` was let in with `credentials`: no line about it says them. */
  hide(connection: ClientConnection, credentials: Credentials): void {
    this.#credentials.set(connection, credentials);
  }

  /** `what` failed on behalf of `client`. */
  log(
    what: string,
    error: unknown,
    fields: Readonly<Record<string, unknown>>,
    client: ClientConnection | Credentials | undefined,
  ): void {
    const credentials = client !== undefined && 'tokens' in client ? client : client && this.#credentials.get(client);
    const described = describe(error).slice(0, MAX_LENGTH);
    const shown = credentials === undefined ? described : withoutCredentials(described, credentials);
    this.#logger.error(`${what} failed`, { ...fields, error: shown });
  }
}

/** As Node writes it: `Error [CODE]: message`. */
function describe(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error);
    const code = 'code' in error && typeof error.code === 'string' ? ` [${error.code}]` : '';
    return `${error.name}${code}: ${error.message}`;
  } catch {
    // Anything can be thrown, also what has no text.
    return 'something that can not be written as text';
  }
}
