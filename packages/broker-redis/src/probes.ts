import type { Cancel, Clock } from '@rt/core';
import { randomBytes } from 'node:crypto';
import { reasonOf } from './failure.ts';

/** Time between two probes, and for one to come back. With two misses a silent server is known after 4.2 s. */
const PROBE_MS = 1_400;
/** A timer that is this late says that this process was busy, not that the server was silent. */
const LAG_MS = 500;
const MISSES = 2;
/** Misses after which a connection that looks open is given up, and again after as many. */
const HOPELESS_MISSES = 5;

/** What probes need, and whom they tell. */
export interface ProbesOptions {
  readonly clock: Clock;
  /** Publishes a nonce to this very node, the way messages go. A rejection counts as a miss. */
  readonly send: (nonce: string) => Promise<unknown>;
  /** A probe came back. */
  readonly answered: () => void;
  /** Two in a row did not. */
  readonly silent: (reason: string) => void;
  /** The connection should be made anew: this one may be open at this end only. */
  readonly hopeless: () => void;
}

/** Finds out by end-to-end probes whether what is published arrives: a socket that is open proves nothing. */
export class Probes {
  readonly #options: ProbesOptions;
  readonly #waiting = new Map<string, () => void>();
  readonly #prefix = randomBytes(6).toString('base64url');
  #sent = 0;
  #misses = 0;
  #stop: Cancel | undefined;

  constructor(options: ProbesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stop ??= this.#options.clock.every(PROBE_MS, () => void this.#round());
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#waiting.clear();
  }

  /** A nonce came in. */
  heard(nonce: string): void {
    this.#waiting.get(nonce)?.();
  }

  /** Sends one probe. Resolves when it came back, rejects when it did not in time or could not be sent. */
  ask(): Promise<void> {
    const { clock, send } = this.#options;
    const nonce = `${this.#prefix}.${++this.#sent}`;
    return new Promise<void>((resolve, reject) => {
      const end = clock.after(PROBE_MS, () => reject(new Error(`no answer to a probe within ${PROBE_MS} ms`)));
      this.#waiting.set(nonce, () => {
        end();
        resolve();
      });
      send(nonce).catch((error: unknown) => {
        end();
        reject(new Error(reasonOf(error)));
      });
    }).finally(() => this.#waiting.delete(nonce));
  }

  async #round(): Promise<void> {
    const { clock, answered, silent, hopeless } = this.#options;
    const sentAt = clock.now();
    try {
      await this.ask();
      if (this.#stop === undefined) return;
      this.#misses = 0;
      answered();
    } catch (error) {
      if (this.#stop === undefined || clock.now() - sentAt > PROBE_MS + LAG_MS) return;
      this.#misses++;
      if (this.#misses >= MISSES) silent(reasonOf(error));
      if (this.#misses % HOPELESS_MISSES === 0) hopeless();
    }
  }
}
