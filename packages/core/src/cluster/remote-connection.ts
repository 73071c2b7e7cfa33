import { RealtimeError } from '@rt/protocol';
import type { JsonValue } from '@rt/protocol';
import { requestTimeout } from '../connection/client-requests.ts';
import type { ConnectionHandle, RequestOptions } from '../connection/client-connection.ts';
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

  async request(event: string, data?: unknown, { timeoutMs }: RequestOptions = {}): Promise<JsonValue> {
    const asked = { connection: this.id, event, data: jsonData(data), timeoutMs: requestTimeout(timeoutMs) };
    // Nodes talk in JSON.
    return (await this.#everywhere.at(this.id, 'request', asked, asked.timeoutMs + WAY_MS)) as JsonValue;
  }
}

/** More than the way there and back takes: the other node watches over the client's time. */
const WAY_MS = 2_000;

function jsonData(data: unknown = null): JsonValue {
  try {
    // A function has no text, which is no JSON either.
    return JSON.parse(JSON.stringify(data)) as JsonValue;
  } catch (cause) {
    throw new RealtimeError('INVALID_DATA', 'data must be JSON', { cause });
  }
}

/** A user travels between nodes as JSON, and the one date in it that is ours as text. */
function withDate({ expiresAt, ...user }: NonNullable<Output<'connections'>[number]['user']>): User {
  return typeof expiresAt === 'string' ? { ...user, expiresAt: new Date(expiresAt) } : user;
}
