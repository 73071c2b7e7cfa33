/** How long a suite waits for something that must come. Far above what any plug needs; a miss is a failure. */
const WAIT_MS = 10_000;

/** Things that arrive, waited for one by one: no sleeping, and a clear error for what never came. */
export class Inbox<Item> {
  readonly #items: Item[] = [];
  readonly #waiting: ((item: Item) => void)[] = [];

  /** What arrived and was not taken. */
  get size(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#items.push(item);
    else waiting(item);
  }

  /** The next one. Rejects when none came within `waitMs`; `what` is for that error. */
  async next(what: string, waitMs = WAIT_MS): Promise<Item> {
    const item = this.#items.shift();
    if (item !== undefined) return item;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited ${waitMs} ms for ${what}`)), waitMs);
      this.#waiting.push((arrived) => {
        clearTimeout(timer);
        resolve(arrived);
      });
    });
  }

  /** The next `count` ones. */
  async take(count: number, what: string): Promise<Item[]> {
    const items: Item[] = [];
    while (items.length < count) items.push(await this.next(`${what} (${items.length} of ${count} came)`));
    return items;
  }
}
