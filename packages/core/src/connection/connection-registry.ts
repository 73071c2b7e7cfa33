import { randomBytes } from 'node:crypto';
import type { Connection } from './connection.ts';

/** The connections of this node. */
export class ConnectionRegistry {
  /** This process, in connection ids: 48 random bits. */
  readonly nodeId = randomBytes(6).toString('base64url');
  readonly #all = new Map<string, Connection>();
  readonly #perUser = new Map<string, number>();

  get size(): number {
    return this.#all.size;
  }

  newId(): string {
    return `${this.nodeId}.${randomBytes(9).toString('base64url')}`;
  }

  get(id: string): Connection | undefined {
    return this.#all.get(id);
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#all.values();
  }

  add(connection: Connection): void {
    this.#all.set(connection.id, connection);
  }

  remove(connection: Connection): void {
    this.#all.delete(connection.id);
  }

  /** How many connections `userId` has here. */
  countOf(userId: string): number {
    return this.#perUser.get(userId) ?? 0;
  }

  /** One more (or, with −1, one less) connection of `userId`. */
  countUser(userId: string, by: 1 | -1): void {
    const count = this.countOf(userId) + by;
    if (count > 0) this.#perUser.set(userId, count);
    else this.#perUser.delete(userId);
  }
}
