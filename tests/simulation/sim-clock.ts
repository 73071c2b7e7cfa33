import { ManualClock } from '../../packages/core/test/manual-clock.ts';

/** Time and turns of the event loop, both only when the simulation says so. */
export class SimClock extends ManualClock {
  #turns: (() => void)[] = [];

  override soon(run: () => void): void {
    this.#turns.push(run);
  }

  /** Runs turns, and whatever is awaited between them, until there is nothing left to do. */
  async settle(): Promise<void> {
    do {
      // Everything that only waits for promises goes on before a real turn begins.
      await new Promise(setImmediate);
      for (const run of this.#turns.splice(0)) run();
    } while (this.#turns.length > 0);
    await new Promise(setImmediate);
    if (this.#turns.length > 0) await this.settle();
  }
}
