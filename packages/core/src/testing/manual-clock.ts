import type { Cancel, Clock } from '../contracts/clock.ts';

interface Timer {
  at: number;
  readonly every: number | undefined;
  readonly run: () => void;
}

/** So many turns of the event loop, and nobody within the process waits for another one any more. */
const TURNS = 6;

/** A clock that moves when told to. */
export class ManualClock implements Clock {
  #now = 0;
  #timers: Timer[] = [];

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

  /** Moves on by `ms` as `advance`, and lets happen what is awaited in between: clients answer pings, say. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (let next; (next = this.#nextDue(until)) !== undefined;) {
      this.advance(next.at - this.#now);
      await settled();
    }
    this.advance(until - this.#now);
    await settled();
  }

  /** Moves on by `ms` in one step, running what falls due in order, as where the process stood still. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#nextDue(until);
      if (next === undefined) break;
      this.#now = next.at;
      if (next.every === undefined) this.#timers = this.#timers.filter((timer) => timer !== next);
      else next.at += next.every;
      next.run();
    }
    this.#now = until;
  }

  #nextDue(until: number): Timer | undefined {
    return this.#timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
  }

  #add(ms: number, every: number | undefined, run: () => void): Cancel {
    const timer = { at: this.#now + ms, every, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}
