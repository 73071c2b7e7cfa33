import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const TICK_MS = 10;
const TICKS_KEPT = 100_000;

export interface LagFigures {
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** How late the event loop of this process is. */
export class LoopLag {
  readonly #delay = monitorEventLoopDelay({ resolution: TICK_MS });
  /** Lateness of each tick, without the time in which this thread could have run and got no processor. */
  #own: number[] = [];

  start(): void {
    this.#delay.enable();
    let last = performance.now();
    let lastStarved = starvedMs();
    setInterval(() => {
      const now = performance.now();
      const starved = starvedMs();
      this.#own.push(Math.max(0, now - last - TICK_MS - (starved - lastStarved)));
      if (this.#own.length > TICKS_KEPT) this.#own.shift();
      last = now;
      lastStarved = starved;
    }, TICK_MS);
  }

  /** Counts from now on. */
  reset(): void {
    this.#delay.reset();
    this.#own = [];
  }

  /** As an application feels it, on this machine with whatever else it does. */
  get felt(): LagFigures {
    // The histogram has the time between two ticks; what is above the wanted one is the delay.
    const lagMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - TICK_MS);
    return { p99Ms: lagMs(this.#delay.percentile(99)), maxMs: lagMs(this.#delay.max) };
  }

  /** What this process does itself: how long it keeps its own event loop. */
  get own(): LagFigures {
    const sorted = this.#own.toSorted((a, b) => a - b);
    return { p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0, maxMs: sorted.at(-1) ?? 0 };
  }
}

/** Time that the main thread waited for a processor, as Linux counts it; 0 where nobody counts. */
function starvedMs(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}
