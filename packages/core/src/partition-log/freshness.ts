import { RealtimeError } from '@rt/protocol';
import type { Clock } from '../contracts/clock.ts';
import { READ_BACK_MS } from './own-records.ts';

/** What a `Freshness` asks. */
export interface FreshnessHost {
  readonly clock: Clock;
  /** Asks the broker for the newest position; 0 where everything up to now has been read meanwhile. */
  head(): Promise<number>;
  /** Whether everything up to `position` has been read, and nothing is being read anew. */
  hasRead(position: number): boolean;
}

/** Waits until what is stored now has been read: what another node was told, this one must know before it answers. */
export class Freshness {
  readonly #host: FreshnessHost;
  readonly #waiting = new Set<{ readonly position: number; readonly resolve: () => void }>();
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(host: FreshnessHost) {
    this.#host = host;
  }

  /** Resolves when everything that was stored before this call was read. Rejects with `BROKER_DOWN`. */
  reach(): Promise<void> {
    if (this.#running === undefined) return this.#begin();
    // One that is under way may have asked before this call. All calls of that time share the one that follows.
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#begin();
      });
    return this.#next;
  }

  /** Something was read. */
  advanced(): void {
    for (const waiting of this.#waiting) {
      if (!this.#host.hasRead(waiting.position)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }

  #begin(): Promise<void> {
    const running = this.#readUpToHead().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #readUpToHead(): Promise<void> {
    const position = await this.#host.head();
    if (this.#host.hasRead(position)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { position, resolve };
    const end = this.#host.clock.after(READ_BACK_MS, () => {
      this.#waiting.delete(waiting);
      reject(new RealtimeError('BROKER_DOWN', `the log could not be read within ${READ_BACK_MS} ms`));
    });
    this.#waiting.add(waiting);
    await promise.finally(end);
  }
}
