import type { Cluster, Redis } from 'ioredis';
import { createHash } from 'node:crypto';

interface Call {
  readonly keys: readonly string[];
  readonly args: readonly string[];
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A script that Redis keeps by its hash. Where Redis does not know it (any more), what was sent is sent again with the text, and what
 * comes meanwhile waits: calls are done in the order in which they were made, also after `SCRIPT FLUSH`.
 */
export class Script {
  readonly #client: Redis | Cluster;
  readonly #text: string;
  readonly #hash: string;
  #running = 0;
  /** Calls that Redis could not do for want of the text. */
  #unknown: Call[] = [];
  /** Calls that were made after one of those. */
  #waiting: Call[] = [];

  constructor(client: Redis | Cluster, text: string) {
    this.#client = client;
    this.#text = text;
    this.#hash = createHash('sha1').update(text).digest('hex');
  }

  /** Resolves with what the script answered. Rejects with ioredis' error. */
  run(keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call: Call = { keys, args, resolve, reject };
      if (this.#unknown.length > 0) this.#waiting.push(call);
      else this.#send(call);
    });
  }

  #send(call: Call): void {
    this.#running++;
    this.#client.evalsha(this.#hash, call.keys.length, ...call.keys, ...call.args).then(
      (answer) => {
        call.resolve(answer);
        this.#ended();
      },
      (error: unknown) => {
        if (error instanceof Error && error.message.startsWith('NOSCRIPT')) this.#unknown.push(call);
        else call.reject(error);
        this.#ended();
      },
    );
  }

  #ended(): void {
    this.#running--;
    if (this.#running > 0 || this.#unknown.length === 0) return;
    const [unknown, waiting] = [this.#unknown, this.#waiting];
    this.#unknown = [];
    this.#waiting = [];
    for (const { keys, args, resolve, reject } of unknown) {
      this.#client.eval(this.#text, keys.length, ...keys, ...args).then(resolve, reject);
    }
    for (const call of waiting) this.#send(call);
  }
}
