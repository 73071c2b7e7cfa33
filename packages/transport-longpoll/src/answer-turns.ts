import type { Clock } from '@rt/core';

/** How many polls are answered in one turn of the event loop. */
const POLLS_PER_TURN = 16;

/** One whose poll can be answered. */
interface Answerable {
  answer(): void;
}

/**
 * Who is answered when. A poll costs the same whatever its answer holds, so not everybody is answered at once: what is published while
 * the others wait for their turn goes with their answers. The busier the server, the fewer requests it gets for the same messages.
 * Nobody waits while there is nothing else to do.
 */
export class AnswerTurns {
  readonly #clock: Clock;
  #queue: Answerable[] = [];
  #isRunning = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `answer` once, at the end of this step or in a turn to come, in the order of these calls. */
  add(link: Answerable): void {
    this.#queue.push(link);
    if (this.#isRunning) return;
    this.#isRunning = true;
    // Not now: a close that is about to follow goes with the same answer.
    queueMicrotask(this.#run);
  }

  readonly #run = (): void => {
    const turn = this.#queue.splice(0, POLLS_PER_TURN);
    for (const link of turn) link.answer();
    if (this.#queue.length > 0) this.#clock.soon(this.#run);
    else this.#isRunning = false;
  };
}
