import type { Clock } from '../contracts/clock.ts';

/**
 * Natural batching: what piles up while the process is busy leaves together, at the end of this turn of the event loop.
 * An idle server adds no wait; a loaded one makes fewer and larger writes.
 */
export class Tick {
  readonly #clock: Clock;
  readonly #stages: (() => void)[] = [];
  #scheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a stage; stages run in the order in which they were added. A stage must not throw. */
  addStage(run: () => void): void {
    this.#stages.push(run);
  }

  /** Makes sure that the stages run once more. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.soon(this.#run);
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    for (const stage of this.#stages) stage();
  };
}
