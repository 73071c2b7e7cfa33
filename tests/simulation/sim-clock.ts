import type { Cancel, Clock } from '@rt/core';

interface Timer {
  at: number;
  readonly every: number | undefined;
  readonly run: () => void;
}

/** Time and turns of the event loop, both only when the simulation says so. */
export class SimClock implements Clock {
  #now = 0;
  /** By time, and those of the same time in the order in which they were started. */
  readonly #timers: Timer[] = [];
  #turns: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return 1_700_000_000_000 + this.#now;
  }

  after(ms: number, run: () => void): Cancel {
    return this.#add({ at: this.#now + Math.max(0, ms), every: undefined, run });
  }

  every(ms: number, run: () => void): Cancel {
    return this.#add({ at: this.#now + ms, every: ms, run });
  }

  soon(run: () => void): void {
    this.#turns.push(run);
  }

  /** Moves on by `ms` in one turn, as where the process stood still: everything that fell due runs at once. */
  advance(ms: number): void {
    const until = this.#now + ms;
    while (this.#timers[0] !== undefined && this.#timers[0].at <= until) this.#runDue(this.#timers[0].at);
    this.#now = until;
  }

  /** Moves on by `ms`, with all that is awaited in between. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.settle();
    while (this.#timers[0] !== undefined && this.#timers[0].at <= until) {
      this.#runDue(this.#timers[0].at);
      await this.settle();
    }
    this.#now = until;
  }

  /** Runs turns, and whatever is awaited between them, until there is nothing left to do. */
  async settle(): Promise<void> {
    do {
      // Everything that only waits for promises goes on before a real turn begins.
      await new Promise(setImmediate);
      for (const run of this.#turns.splice(0)) run();
    } while (this.#turns.length > 0);
    await new Promise(setImmediate);
    if (this.#turns.length > 0) await this.settle();
  }

  /** Runs what is due at `at`, but what is only started meanwhile. */
  #runDue(at: number): void {
    this.#now = Math.max(this.#now, at);
    const due = new Set(this.#timers.filter((timer) => timer.at <= at));
    for (const timer of due) {
      // It may have been cancelled by one before it.
      if (!this.#remove(timer)) continue;
      if (timer.every !== undefined) {
        timer.at += timer.every;
        this.#insert(timer);
      }
      timer.run();
    }
  }

  #add(timer: Timer): Cancel {
    this.#insert(timer);
    return () => void this.#remove(timer);
  }

  #insert(timer: Timer): void {
    const next = this.#timers.findLastIndex(({ at }) => at <= timer.at) + 1;
    this.#timers.splice(next, 0, timer);
  }

  #remove(timer: Timer): boolean {
    const index = this.#timers.indexOf(timer);
    if (index !== -1) this.#timers.splice(index, 1);
    return index !== -1;
  }
}
