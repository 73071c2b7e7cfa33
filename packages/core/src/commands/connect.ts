import { PROTOCOL_VERSION, serverFrame, toRealtimeError } from '@rt/protocol';
import type { ClientFrameOf, ConnectionLimits, Resume } from '@rt/protocol';
import { userChannel } from '../authorization/user-channel.ts';
import type { Connection } from '../connection/connection.ts';
import type { ConnectionRegistry } from '../connection/connection-registry.ts';
import { expiresInMs } from '../connection/identity.ts';
import type { Identity } from '../connection/identity.ts';
import { instanceHash } from '../connection/instance.ts';
import type { User } from '../connection/user.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Limits } from '../limits.ts';
import type { SubscribeCommand } from './subscribe.ts';

/** What the commands about identity need of their node. */
export interface ConnectServices {
  readonly identity: Identity;
  readonly registry: ConnectionRegistry;
  readonly subscribe: SubscribeCommand;
  readonly lifecycle: Lifecycle;
  readonly limits: Limits;
  readonly clock: Clock;
}

/** `connect`: finds out who the client is, greets it, and takes up its channels, all in one round trip. */
export class ConnectCommand {
  readonly #services: ConnectServices;
  readonly #told: ConnectionLimits;

  constructor(services: ConnectServices) {
    this.#services = services;
    const { maxFrameBytes, maxChannels, messagesPerMinute, messageBurst } = services.limits;
    this.#told = { maxFrameBytes, maxChannels, messagesPerMinute, messageBurst };
  }

  async run(connection: Connection, frame: ClientFrameOf<'connect'>): Promise<void> {
    const [, version, instance, token, resume] = frame;
    const { identity, clock, limits, registry } = this.#services;
    if (version !== PROTOCOL_VERSION) {
      connection.close('UNSUPPORTED', `this server speaks version ${PROTOCOL_VERSION} of the protocol`);
      return;
    }
    connection.state = 'authenticating';
    let user: User | undefined;
    try {
      user = await identity.of(connection, token ?? undefined, clock.wallNow());
    } catch (error) {
      const { code, message } = toRealtimeError(error, 'HANDLER_FAILED', 'the server could not let you in; try again');
      connection.close(code, message);
      return;
    }
    if (connection.state !== 'authenticating') return;
    if (user !== undefined && registry.countOf(user.id) >= limits.connectionsPerUser) {
      connection.close('TOO_MANY_CONNECTIONS');
      return;
    }
    connection.opened(user, instanceHash(user?.id, instance), identity.canRenew);
    if (user !== undefined) registry.addUser(user.id, connection);
    const expires = expiresInMs(user, clock.wallNow());
    connection.send(serverFrame(['ready', connection.id, user?.id ?? null, this.#told, limits.beatMs, expires]));
    this.#services.lifecycle.emit('connected', { connection });
    this.#takeUp(connection, resume ?? []);
  }

  /** Subscribes to what the client had, and to its user's own channel. */
  #takeUp(connection: Connection, resume: Resume): void {
    const { subscribe } = this.#services;
    const own = connection.user === undefined ? undefined : userChannel(connection.user.id);
    let hasOwn = false;
    for (const [channel, cursor, last] of resume) {
      const isOwn = channel === own;
      if (isOwn) hasOwn = true;
      void subscribe.resume(connection, { channel, cursor, last, n: 0, isTrusted: isOwn });
    }
    if (own !== undefined && !hasOwn) void subscribe.resume(connection, { channel: own, n: 0, isTrusted: true });
  }
}
