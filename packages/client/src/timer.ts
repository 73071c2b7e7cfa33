/** One timer: a new start takes the place of the one before. */
export class Timer {
  #id: ReturnType<typeof setTimeout> | undefined;

  /** Calls `then` in `ms` milliseconds, unless it is stopped or started anew before. */
  start(ms: number, then: () => void): void {
    clearTimeout(this.#id);
    this.#id = setTimeout(then, ms);
  }

  /** Forgets what was started. */
  stop(): void {
    clearTimeout(this.#id);
  }
}
