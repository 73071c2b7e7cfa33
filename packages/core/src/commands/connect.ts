import { PROTOCOL_VERSION, RealtimeError, serverFrame, toRealtimeError } from '@rt/protocol';
import type { ClientFrameOf, ConnectionLimits } from '@rt/protocol';
import type { Connection } from '../connection/connection.ts';
import type { ConnectionRegistry } from '../connection/connection-registry.ts';
import { instanceHash } from '../connection/instance.ts';
import { isUser } from '../connection/user.ts';
import type { Authenticate, User } from '../connection/user.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Limits } from '../limits.ts';
import type { SubscribeCommand } from './subscribe.ts';

/** What decides who may connect. */
export interface Admission {
  readonly authenticate: Authenticate | undefined;
  /** Whether a client without a token is let in. */
  readonly anonymous: boolean;
}

/** `connect`: finds out who the client is, greets it, and takes up its channels, all in one round trip. */
export class ConnectCommand {
  readonly #admission: Admission;
  readonly #registry: ConnectionRegistry;
  readonly #subscribe: SubscribeCommand;
  readonly #lifecycle: Lifecycle;
  readonly #limits: Limits;
  readonly #logger: Logger;
  readonly #told: ConnectionLimits;

  constructor(
    admission: Admission,
    services: {
      registry: ConnectionRegistry;
      subscribe: SubscribeCommand;
      lifecycle: Lifecycle;
      limits: Limits;
      logger: Logger;
    },
  ) {
    this.#admission = admission;
    this.#registry = services.registry;
    this.#subscribe = services.subscribe;
    this.#lifecycle = services.lifecycle;
    this.#limits = services.limits;
    this.#logger = services.logger;
    const { maxFrameBytes, maxChannels, messagesPerMinute, messageBurst } = services.limits;
    this.#told = { maxFrameBytes, maxChannels, messagesPerMinute, messageBurst };
  }

  async run(connection: Connection, frame: ClientFrameOf<'connect'>): Promise<void> {
    const [, version, instance, token, resume] = frame;
    if (version !== PROTOCOL_VERSION) {
      connection.close('UNSUPPORTED', `this server speaks version ${PROTOCOL_VERSION} of the protocol`);
      return;
    }
    connection.state = 'authenticating';
    let user: User | undefined;
    try {
      user = await this.identify(connection, token ?? undefined);
    } catch (error) {
      const { code, message } = toRealtimeError(
        error,
        'HANDLER_FAILED',
        'the server could not check who you are; try again',
      );
      connection.close(code, message);
      return;
    }
    if (connection.state !== 'authenticating') return;
    if (user !== undefined && this.#registry.countOf(user.id) >= this.#limits.connectionsPerUser) {
      connection.close('TOO_MANY_CONNECTIONS');
      return;
    }
    connection.opened(user, instanceHash(user?.id, instance));
    if (user !== undefined) this.#registry.countUser(user.id, 1);
    connection.send(serverFrame(['ready', connection.id, user?.id ?? null, this.#told, this.#limits.beatMs]));
    this.#lifecycle.emit('connected', { connection });
    for (const [channel] of resume ?? []) void this.#subscribe.resume(connection, channel);
  }

  /** Who `token` belongs to. Throws `UNAUTHENTICATED`, and `HANDLER_FAILED` where `authenticate` itself failed. */
  async identify(connection: Connection, token: string | undefined): Promise<User | undefined> {
    const { authenticate, anonymous } = this.#admission;
    const { request } = connection;
    let user: User | undefined;
    if (authenticate !== undefined && request !== undefined) {
      try {
        user = await authenticate({ token, request, signal: connection.signal });
      } catch (error) {
        this.#logger.error('authenticate threw', { connection: connection.id, error: String(error) });
        throw new RealtimeError('HANDLER_FAILED', 'the server could not check who you are; try again', {
          cause: error,
        });
      }
      if (user !== undefined && !isUser(user)) {
        this.#logger.error('authenticate answered something that is no user: { id: string of 1 to 128 characters }');
        throw new RealtimeError('HANDLER_FAILED', 'the server could not check who you are; try again');
      }
    }
    if (user === undefined && (token !== undefined || !anonymous)) {
      throw new RealtimeError(
        'UNAUTHENTICATED',
        token === undefined ? 'a token is required' : 'the token was not accepted',
      );
    }
    return user;
  }
}
