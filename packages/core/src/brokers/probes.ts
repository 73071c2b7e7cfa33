import type { Cancel, Clock } from '../contracts/clock.ts';
import { reasonOf } from './failure.ts';

/** A timer that is this late says that this process was busy, not that the server was silent. */
const LAG_MS = 500;
const MISSES = 2;
/** Misses after which a connection that looks open is given up, and again after as many. */
const HOPELESS_MISSES = 5;

/** What probes need, and whom they tell. */
interface ProbesOptions {
  readonly clock: Clock;
  /** Time between two probes, where they are answered. */
  readonly everyMs: number;
  /** Time for one to be answered. After a miss the next one follows at once. */
  readonly withinMs: number;
  /** Sends something on the way that messages take; resolves when it came back. */
  readonly ask: () => Promise<unknown>;
  /** A probe came back. */
  readonly answered: () => void;
  /** Two in a row did not. */
  readonly silent: (reason: string) => void;
  /** Many did not: the connection should be made anew, for this one may be open at this end only. */
  readonly hopeless: () => void;
}

/** Finds out by end-to-end probes whether what is published arrives: a socket that is open proves nothing. */
export class Probes {
  readonly #options: ProbesOptions;
  #misses = 0;
  #next: Cancel | undefined;
  #isAsking = false;
  #isStopped = true;

  constructor(options: ProbesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isStopped = false;
    this.now();
  }

  stop(): void {
    this.#isStopped = true;
    this.#next?.();
  }

  /** Asks at once, because something went wrong. */
  now(): void {
    if (this.#isStopped || this.#isAsking) return;
    this.#next?.();
    void this.#round();
  }

  /** Asks once. Rejects when no answer came in time, or it could not be sent. */
  async ask(): Promise<void> {
    const { clock, ask, withinMs } = this.#options;
    const late = Promise.withResolvers<never>();
    const end = clock.after(withinMs, () => late.reject(new Error(`no answer to a probe within ${withinMs} ms`)));
    try {
      await Promise.race([ask(), late.promise]);
    } finally {
      end();
    }
  }

  async #round(): Promise<void> {
    const { clock, everyMs, withinMs, answered, silent, hopeless } = this.#options;
    const sentAt = clock.now();
    this.#isAsking = true;
    let waitMs = everyMs;
    try {
      await this.ask();
      this.#misses = 0;
      if (!this.#isStopped) answered();
    } catch (error) {
      waitMs = Math.max(0, withinMs - (clock.now() - sentAt));
      if (!this.#isStopped && clock.now() - sentAt <= withinMs + LAG_MS) {
        this.#misses++;
        if (this.#misses >= MISSES) silent(reasonOf(error));
        if (this.#misses % HOPELESS_MISSES === 0) hopeless();
      }
    }
    this.#isAsking = false;
    if (!this.#isStopped) this.#next = clock.after(waitMs, () => this.now());
  }
}
