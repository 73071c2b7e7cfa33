/** What arrives, in order, for a test that waits for it. */
export class Inbox<Item> {
  readonly #items: Item[] = [];
  readonly #readers: ((item: Item) => void)[] = [];

  /** Something arrived. */
  push(item: Item): void {
    const reader = this.#readers.shift();
    if (reader) reader(item);
    else this.#items.push(item);
  }

  /** The oldest item that was not read yet. */
  next(): Promise<Item> {
    const item = this.#items.shift();
    return item === undefined ? new Promise((resolve) => this.#readers.push(resolve)) : Promise.resolve(item);
  }

  /** The oldest unread item that `matches`; those before it are dropped. */
  async find(matches: (item: Item) => boolean): Promise<Item> {
    for (;;) {
      const item = await this.next();
      if (matches(item)) return item;
    }
  }

  /** How many items wait to be read. */
  get size(): number {
    return this.#items.length;
  }
}
