import { randomBytes } from 'node:crypto';
import type { Clock } from '../contracts/clock.ts';

/** Longer than anybody waits for one: what has not come back by then never does, and is forgotten. */
const KEPT_MS = 30_000;

interface Asked {
  readonly at: number;
  readonly cameBack: () => void;
}

/** Things that a node sends to itself the way messages go, and that come back or don't. */
export class Echoes {
  readonly #clock: Pick<Clock, 'now'>;
  /** By nonce, the oldest first. */
  readonly #waiting = new Map<string, Asked>();
  readonly #prefix = randomBytes(6).toString('base64url');
  #sent = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** How many are on their way. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Sends a nonce. Resolves when it came back; rejects where it could not be sent. One that is late is no answer to another, and one that
   * never comes back leaves its promise unsettled: whoever asks gives up in a time of their own.
   */
  async ask(send: (nonce: string) => Promise<unknown>): Promise<void> {
    const nonce = `${this.#prefix}.${++this.#sent}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    const now = this.#clock.now();
    this.#forget(now - KEPT_MS);
    this.#waiting.set(nonce, { at: now, cameBack: resolve });
    try {
      await Promise.all([send(nonce), promise]);
    } finally {
      this.#waiting.delete(nonce);
    }
  }

  /** A nonce came in. */
  heard(nonce: string): void {
    this.#waiting.get(nonce)?.cameBack();
  }

  #forget(before: number): void {
    for (const [nonce, { at }] of this.#waiting) {
      if (at >= before) return;
      this.#waiting.delete(nonce);
    }
  }
}
