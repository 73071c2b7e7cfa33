import type { ConnectionHandle } from '../connection/client-connection.ts';
import type { User } from '../connection/user.ts';
import type { Everywhere } from './everywhere.ts';
import type { Output } from './questions.ts';

/** A connection of another node, as it was when the application asked. */
export class RemoteConnection implements ConnectionHandle {
  readonly id: string;
  readonly transport: string;
  readonly user: User | undefined;
  readonly channels: readonly string[];
  /** Of the client program behind it: `except` goes by this. */
  readonly instanceHash: string;
  readonly #everywhere: Everywhere;

  constructor({ id, transport, user, channels, instanceHash }: Output<'connections'>[number], everywhere: Everywhere) {
    this.id = id;
    this.transport = transport;
    this.user = user && withDate(user);
    this.channels = channels;
    this.instanceHash = instanceHash;
    this.#everywhere = everywhere;
  }

  async subscribe(channel: string): Promise<void> {
    await this.#everywhere.at(this.id, 'subscribe', { connection: this.id, channel });
  }

  unsubscribe(channel: string, reason?: string): Promise<boolean> {
    return this.#everywhere.at(this.id, 'unsubscribe', {
      connection: this.id,
      channel,
      ...(reason === undefined ? {} : { reason }),
    });
  }
}

/** A user travels between nodes as JSON, and the one date in it that is ours as text. */
function withDate({ expiresAt, ...user }: NonNullable<Output<'connections'>[number]['user']>): User {
  return typeof expiresAt === 'string' ? { ...user, expiresAt: new Date(expiresAt) } : user;
}
