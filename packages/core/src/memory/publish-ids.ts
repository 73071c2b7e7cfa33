import type { Position } from '@rt/protocol';
import { DEDUPE_WINDOW_MS } from '../contracts/log.ts';

interface Published {
  readonly at: number;
  readonly position: Position;
}

/** The publish ids of one channel that are within their window, and where the first entry with each of them is. */
export class PublishIds {
  /** In the order of their times. */
  readonly #published = new Map<string, Published>();

  get size(): number {
    return this.#published.size;
  }

  /** The place of the entry with `id`, where that was published less than `DEDUPE_WINDOW_MS` ago. */
  find(id: string, now: number): Position | undefined {
    const known = this.#published.get(id);
    return known !== undefined && now - known.at < DEDUPE_WINDOW_MS ? known.position : undefined;
  }

  /** Begins the window of `id`, also where it was known. */
  set(id: string, position: Position, now: number): void {
    // Behind the others again, so that they stay in the order of their times.
    this.#published.delete(id);
    this.#published.set(id, { at: now, position });
  }

  /** Lets go of those that are out of their window. */
  forget(now: number): void {
    for (const [id, { at }] of this.#published) {
      if (now - at < DEDUPE_WINDOW_MS) break;
      this.#published.delete(id);
    }
  }
}
