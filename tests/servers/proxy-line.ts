/** Changes one frame: what it returns goes on in its place, nothing when that is `undefined`. */
export type Tamper = (frame: Buffer) => Buffer | undefined;

/** One direction of a proxy: what its connections have to put up with. */
export class ProxyLine {
  latencyMs = 0;
  bytesPerSecond = Infinity;
  readonly #tampers = new Set<Tamper>();
  readonly #waiting = new Set<() => void>();
  #stalled = false;

  get stalled(): boolean {
    return this.#stalled;
  }

  stall(): void {
    this.#stalled = true;
  }

  resume(): void {
    this.#stalled = false;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Calls `wake` once, at the next `resume()`. */
  whenResumed(wake: () => void): void {
    this.#waiting.add(wake);
  }

  forget(wake: () => void): void {
    this.#waiting.delete(wake);
  }

  add(tamper: Tamper): () => void {
    this.#tampers.add(tamper);
    return () => void this.#tampers.delete(tamper);
  }

  /** What becomes of a frame; `undefined`: it is dropped. */
  tampered(frame: Buffer): Buffer | undefined {
    let now: Buffer | undefined = frame;
    for (const tamper of this.#tampers) {
      now = tamper(now);
      if (now === undefined) return undefined;
    }
    return now;
  }
}
