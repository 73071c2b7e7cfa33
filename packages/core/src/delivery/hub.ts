import type { Connection } from '../connection/connection.ts';
import { readEnvelope } from './envelope.ts';

/** The connections of this node by channel: hands every message that the broker delivers to those that want it. */
export class Hub {
  readonly #channels = new Map<string, Set<Connection>>();

  add(channel: string, connection: Connection): void {
    const connections = this.#channels.get(channel);
    if (connections === undefined) this.#channels.set(channel, new Set([connection]));
    else connections.add(connection);
  }

  remove(channel: string, connection: Connection): void {
    const connections = this.#channels.get(channel);
    if (connections === undefined || !connections.delete(connection)) return;
    if (connections.size === 0) this.#channels.delete(channel);
  }

  /** How many connections of this node have `channel`. */
  count(channel: string): number {
    return this.#channels.get(channel)?.size ?? 0;
  }

  /** Texts of one channel from the broker, each an envelope. */
  deliver(channel: string, texts: readonly string[]): void {
    const connections = this.#channels.get(channel);
    if (connections === undefined) return;
    for (const text of texts) {
      const { except, frame } = readEnvelope(text);
      if (except === undefined) {
        for (const connection of connections) connection.send(frame);
      } else {
        for (const connection of connections) {
          if (connection.instanceHash !== except) connection.send(frame);
        }
      }
    }
  }
}
