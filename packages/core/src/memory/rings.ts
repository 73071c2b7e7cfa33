import type { Ring } from './ring.ts';

/** The rings of many channels under one byte limit: beyond it those used least recently are emptied. */
export class Rings {
  readonly #maxBytes: number;
  /** In the order of their last use, the longest unused first. */
  readonly #rings = new Map<string, Ring>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The ring of `channel`, which `create` makes where there is none. It counts as used. */
  use(channel: string, create: () => Ring): Ring {
    const ring = this.#rings.get(channel) ?? create();
    this.#rings.delete(channel);
    this.#rings.set(channel, ring);
    return ring;
  }

  /** The ring of `channel`, where there is one. That is no use. */
  get(channel: string): Ring | undefined {
    return this.#rings.get(channel);
  }

  /** A ring has so many bytes more now. */
  changed(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) this.#makeRoom();
  }

  delete(channel: string): void {
    this.#bytes -= this.#rings.get(channel)?.bytes ?? 0;
    this.#rings.delete(channel);
  }

  /** Calls `run` for each ring, which may change or delete it. */
  forEach(run: (channel: string, ring: Ring) => void): void {
    for (const [channel, ring] of this.#rings) {
      const before = ring.bytes;
      run(channel, ring);
      this.#bytes += ring.bytes - before;
    }
  }

  #makeRoom(): void {
    for (const ring of this.#rings.values()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#bytes -= ring.bytes;
      ring.clear();
    }
  }
}
