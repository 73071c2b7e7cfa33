import type { Clock } from '../contracts/clock.ts';

/** After so many milliseconds without a tick the process counts as idle. */
const IDLE_MS = 1;

/**
 * Natural batching: what piles up while the process is busy leaves together, at the end of this turn of the event loop.
 * An idle server adds no wait: what comes first then leaves as soon as the code that brought it has run. A loaded one makes fewer and
 * larger writes.
 */
export class Tick {
  readonly #clock: Clock;
  readonly #stages: (() => void)[] = [];
  #scheduled = false;
  #wallNow = 0;
  #ranAt = Number.NEGATIVE_INFINITY;

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
    if (this.#clock.now() - this.#ranAt < IDLE_MS) this.#clock.soon(this.#run);
    else process.nextTick(this.#run);
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    this.#ranAt = this.#clock.now();
    for (const stage of this.#stages) stage();
  };
}
