import type { Clock } from '@rt/core';

/** One direction of a line: what is sent arrives in order, each after a time of its own, or not at all. */
export class Lane {
  readonly #clock: Clock;
  readonly #delayMs: () => number;
  #lastAt = 0;
  #generation = 0;
  /** What is on its way, in order. */
  #queue: (() => void)[] = [];
  /** How many of them would have arrived, while nothing does. */
  #held: number | undefined;

  constructor(clock: Clock, delayMs: () => number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  send(arrive: () => void): void {
    const now = this.#clock.now();
    this.#lastAt = Math.max(this.#lastAt, now + this.#delayMs());
    const generation = this.#generation;
    this.#queue.push(arrive);
    this.#clock.after(this.#lastAt - now, () => {
      if (generation !== this.#generation) return;
      // Timers of a real clock may change places; what is sent does not.
      if (this.#held === undefined) this.#queue.shift()!();
      else this.#held++;
    });
  }

  stall(): void {
    this.#held ??= 0;
  }

  /** What was held arrives at once. */
  goOn(): void {
    const held = this.#queue.splice(0, this.#held ?? 0);
    this.#held = undefined;
    for (const arrive of held) arrive();
  }

  /** What is on its way is lost. */
  cut(): void {
    this.#generation++;
    this.#queue = [];
    if (this.#held !== undefined) this.#held = 0;
  }
}
