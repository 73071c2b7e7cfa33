import { RealtimeError } from '@rt/protocol';
import type { ConnectionHandle } from '../connection/client-connection.ts';
import type { ConnectionRegistry } from '../connection/connection-registry.ts';
import type { Member } from '../presence/member.ts';
import type { Everywhere } from './everywhere.ts';
import type { Input, Output } from './questions.ts';
import { RemoteConnection } from './remote-connection.ts';

/** Names of one page of `channels()`, unless asked for fewer or more. */
const DEFAULT_PAGE = 100;
const MAX_PAGE = 1_000;

/** A channel that somebody is subscribed to. */
export interface OccupiedChannel {
  readonly name: string;
  /** Connections on all nodes. */
  readonly subscriberCount: number;
}

/** One page of the channels that somebody is subscribed to, in the order of their names. */
export interface ChannelPage {
  readonly channels: readonly OccupiedChannel[];
  /** `cursor` of the next page; `null` after the last one. */
  readonly next: string | null;
}

/** Which channels to list: those whose names start with `prefix`, after the page that gave `cursor`. */
export interface ChannelQuery {
  readonly prefix?: string;
  readonly cursor?: string;
  /** At most 1,000; default 100. */
  readonly limit?: number;
}

/** What the application asks of, and does to, the clients of all nodes, as if they were one. */
export class Fleet {
  readonly #everywhere: Everywhere;
  readonly #registry: ConnectionRegistry;
  /** Whether this node has clients, and so knows the members of all. */
  readonly #serves: boolean;

  constructor(everywhere: Everywhere, registry: ConnectionRegistry, serves: boolean) {
    this.#everywhere = everywhere;
    this.#registry = registry;
    this.#serves = serves;
  }

  async subscriberCount(channel: string): Promise<number> {
    return sum(await this.#everywhere.each('subscribers', { channel }));
  }

  async channels({ prefix = '', cursor = '', limit = DEFAULT_PAGE }: ChannelQuery): Promise<ChannelPage> {
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE)) {
      throw new RealtimeError('BAD_OPTION', `limit is ${limit}; allowed: 1 to 1,000`);
    }
    const counts = new Map<string, number>();
    const pages = await this.#everywhere.each('channels', { prefix, after: cursor, limit });
    for (const [name, count] of pages.flat()) counts.set(name, (counts.get(name) ?? 0) + count);
    // Every node gave its first names, so up to the last of the first `limit` none is missing.
    const names = [...counts.keys()].sort().slice(0, limit);
    const isLast = counts.size <= limit && pages.every((page) => page.length < limit);
    return {
      channels: names.map((name) => ({ name, subscriberCount: counts.get(name) ?? 0 })),
      next: isLast ? null : (names.at(-1) ?? null),
    };
  }

  isOnline(user: string): Promise<boolean> {
    return this.#everywhere.some('isOnline', { user });
  }

  async connections(user: string): Promise<readonly ConnectionHandle[]> {
    const facts: Output<'connections'> = (await this.#everywhere.each('connections', { user })).flat();
    return facts.map((fact) => this.#registry.get(fact.id) ?? new RemoteConnection(fact, this.#everywhere));
  }

  /** How many connections were ended. */
  async disconnect(target: Input<'disconnect'>): Promise<number> {
    if ('user' in target) return sum(await this.#everywhere.each('disconnect', target));
    try {
      return await this.#everywhere.at(target.connection, 'disconnect', target);
    } catch (error) {
      if (error instanceof RealtimeError && error.code === 'UNKNOWN_CONNECTION') return 0;
      throw error;
    }
  }

  async send(connection: string, frame: string): Promise<void> {
    await this.#everywhere.at(connection, 'send', { connection, frame });
  }

  async reauthorize(user: string): Promise<void> {
    await this.#everywhere.each('reauthorize', { user });
  }

  async members(channel: string): Promise<readonly Member[]> {
    if (this.#serves) return this.#everywhere.local('members', { channel });
    return (await this.#everywhere.any('members', { channel })) ?? [];
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
