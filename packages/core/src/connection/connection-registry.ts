import { randomBytes } from 'node:crypto';
import type { Connection } from './connection.ts';

/** The connections of this node. */
export class ConnectionRegistry {
  /** This process, in connection ids: 48 random bits. */
  readonly nodeId = randomBytes(6).toString('base64url');
  readonly #all = new Map<string, Connection>();
  readonly #byUser = new Map<string, Set<Connection>>();

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
    const userId = connection.user?.id;
    const connections = userId === undefined ? undefined : this.#byUser.get(userId);
    if (userId === undefined || !connections?.delete(connection)) return;
    if (connections.size === 0) this.#byUser.delete(userId);
  }

  /** The connections that `userId` has here. */
  ofUser(userId: string): readonly Connection[] {
    return [...(this.#byUser.get(userId) ?? [])];
  }

  /** How many connections `userId` has here. */
  countOf(userId: string): number {
    return this.#byUser.get(userId)?.size ?? 0;
  }

  addUser(userId: string, connection: Connection): void {
    const connections = this.#byUser.get(userId);
    if (connections === undefined) this.#byUser.set(userId, new Set([connection]));
    else connections.add(connection);
  }
}
