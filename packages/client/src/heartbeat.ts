import type { HeartbeatTimes } from './options.ts';
import { Timer } from './timer.ts';

/** Watches one connection for silence. A half-open one is not noticed otherwise: nothing tells a browser. */
export class Heartbeat {
  readonly #ping: () => void;
  readonly #missed: () => void;
  readonly #silenceMs: number;
  readonly #probeMs: number;
  readonly #timer = new Timer();
  #heardAt = Date.now();
  #isProbing = false;

  /**
   * Starts watching a server that sends something at least every `beatMs`, and answers each `ping`;
   * calls `missed` when nothing came in time.
   */
  constructor(beatMs: number, times: HeartbeatTimes, ping: () => void, missed: () => void) {
    this.#ping = ping;
    this.#missed = missed;
    this.#silenceMs = beatMs + times.graceMs - times.probeMs;
    this.#probeMs = times.probeMs;
    this.#watch();
  }

  /** Something arrived. */
  heard(): void {
    this.#heardAt = Date.now();
    this.#isProbing = false;
  }

  /** Asks the server for a sign of life, because the network may have changed unnoticed. */
  probe(): void {
    if (this.#isProbing) return;
    this.#isProbing = true;
    this.#timer.start(this.#probeMs, () => (this.#isProbing ? this.#missed() : this.#watch()));
    this.#ping();
  }

  /** Stops watching. */
  stop(): void {
    this.#timer.stop();
  }

  #watch(): void {
    const leftMs = this.#heardAt + this.#silenceMs - Date.now();
    // What is not heard may wait to be read after a sleep, or the clock was set: only a ping that is not answered tells.
    if (leftMs < 0 || leftMs > this.#silenceMs) this.probe();
    // Looks more often than needed: some systems stop timers while asleep, so that a long one would sleep on.
    else this.#timer.start(Math.min(this.#silenceMs / 4, leftMs), () => this.#watch());
  }
}
