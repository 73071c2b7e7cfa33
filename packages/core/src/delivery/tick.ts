import type { Clock } from '../contracts/clock.ts';

/**
 * Natural batching: what piles up while the process is busy leaves together, at the end of this turn of the event loop.
 * An idle server adds no wait; a loaded one makes fewer and larger writes.
 */
export class Tick {
  readonly #clock: Clock;
  readonly #stages: (() => void)[] = [];
  #scheduled = false;
  #wallNow = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a stage; stages run in the order in which they were added. A stage must not throw. */
  addStage(run: () => void): void {
    this.#stages.push(run);
  }

  /** Milliseconds since 1970, read once for all that one tick brings. Makes sure that the stages run once more, too. */
  get wallNow(): number {
    this.schedule();
    return this.#wallNow;
  }

  /** Makes sure that the stages run once more. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#wallNow = this.#clock.wallNow();
    this.#clock.soon(this.#run);
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    for (const stage of this.#stages) stage();
  };
}
