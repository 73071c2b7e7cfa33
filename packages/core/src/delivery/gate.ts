import { errorTable, RealtimeError } from '@rt/protocol';
import type { Cancel, Clock } from '../contracts/clock.ts';

/** Characters that wait for the broker on this node; more are refused at once. */
const MAX_WAITING_LENGTH = 16 * 1024 * 1024;

/** One tick's output to the bus or to the log. */
export interface Work {
  /** Characters of its texts. */
  readonly length: number;
  /** Somebody waits for what becomes of it. */
  readonly isAwaited: boolean;
  /** Hands it to the broker. Called at most once, and not after `refuse`. */
  send(): void;
  refuse(error: RealtimeError): void;
}

/**
 * Stands before a broker that does not answer: what was not sent yet waits, in order, until the broker is back or the time of
 * the publish is over. So a restart of the broker is a pause and not a failure, and what is refused was surely not sent.
 */
export class Gate {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<Work, Cancel>();
  #waitingLength = 0;
  #isOpen = true;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  pass(work: Work): void {
    if (this.#isOpen) return work.send();
    if (this.#waitingLength + work.length > MAX_WAITING_LENGTH) return work.refuse(down());
    this.#waitingLength += work.length;
    const giveUp = (): void => {
      this.#remove(work);
      work.refuse(down());
    };
    const cancel = this.#clock.after(this.#timeoutMs, giveUp, work.isAwaited);
    this.#waiting.set(work, cancel);
  }

  /** The broker answers, or no longer does. */
  set(isOpen: boolean): void {
    this.#isOpen = isOpen;
    for (const [work, cancel] of this.#waiting) {
      if (!this.#isOpen) return;
      cancel();
      this.#remove(work);
      work.send();
    }
  }

  #remove(work: Work): void {
    this.#waiting.delete(work);
    this.#waitingLength -= work.length;
  }
}

function down(): RealtimeError {
  return new RealtimeError('BROKER_DOWN', errorTable.BROKER_DOWN.message);
}
