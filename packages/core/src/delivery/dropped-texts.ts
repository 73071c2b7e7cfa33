import type { Logger } from '../contracts/logger.ts';

/** Counts texts that came from the broker and that no node of this version wrote. The first tells; many must not fill the log. */
export class DroppedTexts {
  readonly #logger: Logger;
  readonly #what: string;
  #count = 0;

  /** `what` they are, for the log. */
  constructor(logger: Logger, what: string) {
    this.#logger = logger;
    this.#what = what;
  }

  add(): void {
    this.#count++;
    if (Math.log2(this.#count) % 1 === 0) {
      this.#logger.warn(`dropped ${this.#what} that could not be read`, { count: this.#count });
    }
  }
}
