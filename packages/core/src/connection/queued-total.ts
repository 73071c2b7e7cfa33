/** What waits for one reader. */
export interface Queue {
  /** What waits now. */
  readonly queuedBytes: number;
  /** Ends its reader, which has too much waiting. */
  end(): void;
}

/** Over the limit, as many end as it takes to come down to this part of it: so that it is not over it again at once. */
const ENOUGH = 7 / 8;

/**
 * The bytes that wait for all connections of a node together, those that read fast enough being none. Over the limit the
 * connections with the most waiting end: many that each stay within their own limit must not take all memory together.
 */
export class QueuedTotal {
  readonly #maxBytes: number;
  /** What was last known of each that has something waiting. */
  readonly #known = new Map<Queue, number>();
  #bytes = 0;
  #isRelieving = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What waits now, as far as it is known. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `bytes` wait in `queue` now; 0 when it is gone. */
  set(queue: Queue, bytes: number): void {
    const growth = bytes - (this.#known.get(queue) ?? 0);
    if (growth === 0) return;
    if (bytes === 0) this.#known.delete(queue);
    else this.#known.set(queue, bytes);
    this.#bytes += growth;
    if (growth > 0 && this.#bytes > this.#maxBytes && !this.#isRelieving) this.#relieve();
  }

  #relieve(): void {
    this.#isRelieving = true;
    // A socket tells when it is empty, not how it gets there: what it took meanwhile is found out here.
    for (const queue of [...this.#known.keys()]) this.set(queue, queue.queuedBytes);
    const largestFirst = [...this.#known].sort(([, one], [, other]) => other - one);
    for (const [queue] of largestFirst) {
      if (this.#bytes <= this.#maxBytes * ENOUGH) break;
      queue.end();
      this.set(queue, 0);
    }
    this.#isRelieving = false;
  }
}
