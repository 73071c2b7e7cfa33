import type { LogRecord } from './record.ts';

/** More than ever write at the same time. */
const MAX_WRITERS = 1_000;

/**
 * What was read of each writer. A broker may store a record twice when another of its servers takes over, and one that was on its way
 * then behind younger ones: all nodes drop it alike, by the number that its writer gave it.
 */
export class Writers {
  readonly #newest = new Map<string, number>();

  /** Whether it is the first time that a record was read, and none of its writer's younger ones was before. */
  isNew({ writer, number, parts }: LogRecord): boolean {
    // One without entries does nothing, however often it comes.
    if (parts.length === 0) return true;
    if (number <= (this.#newest.get(writer) ?? Number.NEGATIVE_INFINITY)) return false;
    this.#newest.set(writer, number);
    if (this.#newest.size > MAX_WRITERS) this.#newest.delete(this.#newest.keys().next().value!);
    return true;
  }

  clear(): void {
    this.#newest.clear();
  }
}
