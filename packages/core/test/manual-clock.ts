import type { Cancel, Clock } from '@rt/core';

/** A clock that moves when told to. */
export class ManualClock implements Clock {
  #now = 0;
  #timers: { at: number; every: number | undefined; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return 1_700_000_000_000 + this.#now;
  }

  after(ms: number, run: () => void): Cancel {
    return this.#add(ms, undefined, run);
  }

  every(ms: number, run: () => void): Cancel {
    return this.#add(ms, ms, run);
  }

  /** Turns of the event loop are real: what is awaited goes on between them. */
  soon(run: () => void): void {
    setImmediate(run);
  }

  /** Timers that would still run. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves on by `ms`, running what falls due in order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#now = next.at;
      if (next.every === undefined) this.#timers = this.#timers.filter((timer) => timer !== next);
      else next.at += next.every;
      next.run();
    }
    this.#now = until;
  }

  #add(ms: number, every: number | undefined, run: () => void): Cancel {
    const timer = { at: this.#now + ms, every, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
}
