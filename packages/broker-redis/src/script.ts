import { createHash } from 'node:crypto';
import type { Connections } from './connections.ts';
import { bucketOfKey } from './names.ts';

/** Connections that are remembered, most of them gone. */
const MAX_KNOWN = 100;

/**
 * A script that Redis keeps by its hash. Its text goes first on every new connection, so that calls are done in the order in which
 * they were made, also after a restart; and again to a Redis that does not know it any more, after `SCRIPT FLUSH`: of the calls that such
 * a flush hits midway, a later one may be done first.
 */
export class Script {
  readonly #connections: Connections;
  readonly #text: string;
  readonly #hash: string;
  /** The connections on which the text was sent. */
  readonly #known = new Set<string>();

  constructor(connections: Connections, text: string) {
    this.#connections = connections;
    this.#text = text;
    this.#hash = createHash('sha1').update(text).digest('hex');
  }

  /** Resolves with what the script answered. Rejects with ioredis' error. `keys` are of one bucket on a cluster. */
  async run(keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const { commands } = this.#connections;
    const connection = this.#connections.connectionTo(bucketOfKey(keys[0]!));
    if (!this.#known.has(connection)) {
      if (this.#known.size === MAX_KNOWN) this.#known.clear();
      this.#known.add(connection);
      return commands.eval(this.#text, keys.length, ...keys, ...args);
    }
    try {
      return await commands.evalsha(this.#hash, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return commands.eval(this.#text, keys.length, ...keys, ...args);
    }
  }
}
