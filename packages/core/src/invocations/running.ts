import type { ClientConnection } from '../connection/client-connection.ts';
import type { User } from '../connection/user.ts';
import type { Logger } from '../contracts/logger.ts';
import { runFor } from './context.ts';
import type { Invocation, InvocationKind } from './invocation.ts';

/** What an invocation is about. */
export interface About {
  readonly kind: InvocationKind;
  readonly name: string;
  readonly connection: ClientConnection;
  readonly channel?: string;
  readonly input?: unknown;
}

/** An invocation, with the half of it that its watchdog drives. */
export class Running implements Invocation {
  readonly kind: InvocationKind;
  readonly name: string;
  readonly connection: ClientConnection;
  readonly user: User | undefined;
  readonly channel: string | undefined;
  /** Once it is checked, what the check made of it. */
  input: unknown;
  readonly requestId: string;
  readonly #abort = new AbortController();
  readonly #nodeLogger: Logger;
  #logger: Logger | undefined;

  constructor({ kind, name, connection, channel, input }: About, requestId: string, logger: Logger) {
    this.kind = kind;
    this.name = name;
    this.connection = connection;
    this.user = connection.user;
    this.channel = channel;
    this.input = input;
    this.requestId = requestId;
    this.#nodeLogger = logger;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get logger(): Logger {
    const { requestId: request, connection, user, channel } = this;
    return (this.#logger ??= withFields(this.#nodeLogger, {
      request,
      connection: connection.id,
      ...(user !== undefined && { user: user.id }),
      ...(channel !== undefined && { channel }),
    }));
  }

  /** Whoever listens to the signal does so for this invocation, whatever it is that aborts it. */
  abort(reason: unknown): void {
    runFor(this, () => this.#abort.abort(reason));
  }

  /** Aborts with `signal`. Returns what ends that. */
  follow(signal: AbortSignal): () => void {
    if (signal.aborted) {
      this.abort(signal.reason);
      return () => undefined;
    }
    const follow = (): void => this.abort(signal.reason);
    signal.addEventListener('abort', follow, { once: true });
    return () => signal.removeEventListener('abort', follow);
  }
}

function withFields(logger: Logger, own: Readonly<Record<string, unknown>>): Logger {
  return {
    debug: (message, fields) => logger.debug(message, { ...own, ...fields }),
    info: (message, fields) => logger.info(message, { ...own, ...fields }),
    warn: (message, fields) => logger.warn(message, { ...own, ...fields }),
    error: (message, fields) => logger.error(message, { ...own, ...fields }),
  };
}
