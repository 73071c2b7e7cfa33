import type { Outbox } from '../connection/outbox.ts';
import { RunEncoder } from './run-encoder.ts';
import type { Tick } from './tick.ts';

/** The outboxes that have frames to send in this tick: at its end, one write for each. */
export class Outboxes {
  readonly #tick: Tick;
  readonly #encoder = new RunEncoder();
  #waiting: Outbox[] = [];

  constructor(tick: Tick) {
    this.#tick = tick;
    tick.addStage(() => this.#flush());
  }

  /** `outbox` has its first frame of this tick, or wants to be looked at. */
  add(outbox: Outbox): void {
    this.#waiting.push(outbox);
    this.#tick.schedule();
  }

  /** Writes what one of them has at once: before a close, which must not overtake it, or because it is much. */
  writeNow(outbox: Outbox): void {
    outbox.write(this.#encoder);
  }

  #flush(): void {
    const outboxes = this.#waiting;
    if (outboxes.length === 0) return;
    this.#waiting = [];
    for (const outbox of outboxes) outbox.flush(this.#encoder);
    this.#encoder.forget();
  }
}
