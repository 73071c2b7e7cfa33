import { Timer } from './timer.ts';

/** How long before its end a token is renewed at the latest, where there is twice that time. */
const LEAD_MS = 30_000;
/** The shortest wait, however short the token's life is. */
const SHORTEST_MS = 1_000;
/** A timer that is set to more fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

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
   * Renews when four fifths of the time that is left are over, or half of a short time.
   * After a failure as well: so it tries ever sooner, and stops when no time is left.
   */
  wait(): void {
    this.#timer.stop();
    const leftMs = this.#endsAt - performance.now();
    const waitMs = leftMs - Math.max(leftMs / 5, Math.min(LEAD_MS, leftMs / 2));
    if (leftMs > 0) this.#timer.start(Math.min(LONGEST_MS, Math.max(SHORTEST_MS, waitMs)), this.#renew);
  }
}
