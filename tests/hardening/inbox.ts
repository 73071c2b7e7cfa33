import { CLOSE_DEADLINE_MS, within } from './deadline.ts';

/** What came in and was not taken yet, in order. */
export class Inbox<Item> {
  readonly #items: Item[] = [];
  readonly #waiting = new Set<() => void>();

  get size(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    this.#items.push(item);
    for (const wake of this.#waiting) wake();
  }

  /** Takes the first item that `wanted` accepts, now or as soon as it comes; the others stay. */
  async next(what = 'an item', wanted: (item: Item) => boolean = () => true, ms = CLOSE_DEADLINE_MS): Promise<Item> {
    const { promise, resolve } = Promise.withResolvers<Item>();
    const look = (): void => {
      const index = this.#items.findIndex(wanted);
      if (index === -1) return;
      this.#waiting.delete(look);
      resolve(this.#items.splice(index, 1)[0]!);
    };
    this.#waiting.add(look);
    look();
    try {
      return await within(ms, what, promise);
    } finally {
      this.#waiting.delete(look);
    }
  }

  /** Takes everything that is there. */
  takeAll(): Item[] {
    return this.#items.splice(0);
  }
}
