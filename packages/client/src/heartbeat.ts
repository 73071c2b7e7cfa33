import type { HeartbeatTimes } from './options.ts';
import { Timer } from './timer.ts';

/** What a heartbeat needs from its connection. */
export interface HeartbeatEvents {
  /** Sends the server a ping, which it answers. */
  ping(): void;
  /** Nothing was heard in time. Comes back `now` after a probe: the network may be another one. */
  missed(comeBack: 'later' | 'now'): void;
}

/** Watches one connection for silence. A half-open one is not noticed otherwise: nothing tells a browser. */
export class Heartbeat {
  readonly #events: HeartbeatEvents;
  readonly #silenceMs: number;
  readonly #probeMs: number;
  readonly #timer = new Timer();
  #heardAt = Date.now();
  #isProbing = false;

  /** Starts watching a server that sends something at least every `beatMs`. */
  constructor(beatMs: number, times: HeartbeatTimes, events: HeartbeatEvents) {
    this.#events = events;
    this.#silenceMs = beatMs + times.graceMs;
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
    this.#timer.start(this.#probeMs, () => (this.#isProbing ? this.#events.missed('now') : this.#watch()));
    this.#events.ping();
  }

  /** Stops watching. */
  stop(): void {
    this.#timer.stop();
  }

  #watch(): void {
    const now = Date.now();
    const leftMs = this.#heardAt + this.#silenceMs - now;
    // Looks more often than needed: some systems stop timers while asleep, so that a long one would sleep on.
    const waitMs = Math.min(this.#silenceMs / 4, leftMs);
    if (leftMs < 0) this.#events.missed('later');
    else
      this.#timer.start(waitMs, () => {
        // Late by far, or early: the machine slept or its clock was set. What arrived meanwhile was not yet read.
        if (Math.abs(Date.now() - now - waitMs) > this.#probeMs) this.probe();
        else this.#watch();
      });
  }
}
