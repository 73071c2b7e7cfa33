import { MAX_TIMER_MS } from './options.ts';
import { Timer } from './timer.ts';

/** The shortest wait, however short the token's life is. */
const SHORTEST_MS = 1_000;

/** Knows how long the token of one connection is good for, and when to renew it. */
export class Renewal {
  readonly #renew: () => void;
  readonly #timer = new Timer();
  #endsAt = 0;

  constructor(renew: () => void) {
    this.#renew = renew;
  }

  /** The token ends in `ms`; 0 where there is nothing to renew. */
  endsIn(ms: number): void {
    this.#endsAt = performance.now() + ms;
    this.wait();
  }

  /**
   * Renews when half of the time that is left is over.
   * After a failure as well: so it tries ever sooner, and stops when no time is left.
   */
  wait(): void {
    this.#timer.stop();
    const leftMs = this.#endsAt - performance.now();
    if (leftMs > 0) this.#timer.start(Math.min(MAX_TIMER_MS, Math.max(SHORTEST_MS, leftMs / 2)), this.#renew);
  }
}
