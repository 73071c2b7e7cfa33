import type { ConnectionLimits } from '@rt/protocol';

/** How many frames of the server's burst are kept for what can't wait: subscriptions, pings and their answers. */
const RESERVE = 10;

/** The server's message rate, counted on this side, so that sends wait here instead of being refused there. */
export class Pace {
  readonly #frameMs: number;
  readonly #burstMs: number;
  /** When the whole burst is there again. */
  #fullAt = 0;

  constructor({ messageBurst, messagesPerMinute }: ConnectionLimits) {
    this.#frameMs = 60_000 / messagesPerMinute;
    this.#burstMs = (Math.max(messageBurst - RESERVE, messageBurst / 2, 1) - 1) * this.#frameMs;
  }

  /** A frame was sent. */
  spend(): void {
    this.#fullAt = Math.max(this.#fullAt, performance.now()) + this.#frameMs;
  }

  /** How long a send has to wait for its turn; 0 when it may go now. */
  get waitMs(): number {
    return Math.max(0, this.#fullAt - performance.now() - this.#burstMs);
  }
}
