import { parseCursor } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import type { FactOf } from './recording.ts';

interface Loss {
  readonly at: number;
  readonly reason: 'diverged' | 'epoch';
}

/** What the log of one channel lost by a fault of its own, as far as the test says so. */
export class Losses {
  /** The loss of each lost place, which its tag tells from the place of the same offset in what the log became. */
  readonly #places = new Map<string, Loss>();
  readonly #all: Loss[] = [];

  add({ places, reason }: FactOf<'lost'>, at: number): void {
    const loss = { at, reason };
    this.#all.push(loss);
    for (const cursor of places) {
      const position = parseCursor(cursor);
      if (position !== undefined) this.#places.set(keyOf(position), loss);
    }
  }

  /** The log had this place, and has it no longer (or not much longer: this knows what comes). */
  has(position: Position): boolean {
    return this.#places.has(keyOf(position));
  }

  /** Another entry may have the same epoch and offset now. */
  isReplaced(position: Position): boolean {
    return this.replacedAt(position) !== undefined;
  }

  /** The fact by which its end was lost with it. */
  replacedAt(position: Position): number | undefined {
    const loss = this.#places.get(keyOf(position));
    return loss?.reason === 'diverged' ? loss.at : undefined;
  }

  /** Whether something was lost after the fact `after`, and before the fact `before`. */
  isBetween(after: number, before: number): boolean {
    return this.#all.some(({ at }) => at > after && at < before);
  }

  /** How often something was lost so before the fact `before`. */
  countBefore(before: number, why: string): number {
    return this.#all.filter(({ at, reason }) => at < before && reason === why).length;
  }
}

function keyOf({ epoch, offset, tag }: Position): string {
  return `${epoch}.${offset}.${tag}`;
}
