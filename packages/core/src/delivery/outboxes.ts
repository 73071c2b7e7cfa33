import type { Connection } from '../connection/connection.ts';
import { RunEncoder } from './run-encoder.ts';
import type { Tick } from './tick.ts';

/** The connections that have frames to send in this tick: at its end, one write for each. */
export class Outboxes {
  readonly #tick: Tick;
  readonly #encoder = new RunEncoder();
  #waiting: Connection[] = [];

  constructor(tick: Tick) {
    this.#tick = tick;
    tick.addStage(() => this.#flush());
  }

  /** `connection` has its first frame of this tick. */
  add(connection: Connection): void {
    this.#waiting.push(connection);
    this.#tick.schedule();
  }

  /** Sends what one connection has at once, for a close that must not overtake it. */
  flushNow(connection: Connection): void {
    connection.flush(this.#encoder);
  }

  #flush(): void {
    const connections = this.#waiting;
    if (connections.length === 0) return;
    this.#waiting = [];
    for (const connection of connections) connection.flush(this.#encoder);
    this.#encoder.forget();
  }
}
