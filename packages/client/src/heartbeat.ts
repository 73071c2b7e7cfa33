import type { HeartbeatTimes } from './options.ts';

/** What a heartbeat needs from its connection. */
export interface HeartbeatEvents {
  /** Sends the server a ping, which it answers. */
  ping(): void;
  /** Nothing was heard in time: by the steady watch, or after a probe. */
  missed(by: 'watch' | 'probe'): void;
}

/** Watches one connection for silence. A half-open one is not noticed otherwise: nothing tells a browser. */
export class Heartbeat {
  readonly #events: HeartbeatEvents;
  readonly #silenceMs: number;
  readonly #probeMs: number;
  #state: 'watching' | 'probing' = 'watching';
  #heardAt = Date.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

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
    if (this.#state === 'probing') this.#watch();
  }

  /** Asks the server for a sign of life, because the network may have changed unnoticed. */
  probe(): void {
    if (this.#state === 'probing') return;
    this.#state = 'probing';
    this.#wait(this.#probeMs, () => this.#events.missed('probe'));
    this.#events.ping();
  }

  /** Stops watching. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #watch(): void {
    this.#state = 'watching';
    const now = Date.now();
    // Looks more often than needed: some systems stop timers while asleep, so that a long one would sleep on.
    const waitMs = Math.max(0, Math.min(this.#silenceMs / 4, this.#heardAt + this.#silenceMs - now));
    this.#wait(waitMs, () => this.#look(now + waitMs));
  }

  #look(dueAt: number): void {
    const now = Date.now();
    // Late by far, or early: the machine slept or its clock was set. What arrived meanwhile was not yet read.
    if (Math.abs(now - dueAt) > this.#probeMs) {
      this.#heardAt = now;
      this.probe();
    } else if (now - this.#heardAt >= this.#silenceMs) {
      this.#events.missed('watch');
    } else {
      this.#watch();
    }
  }

  #wait(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }
}
