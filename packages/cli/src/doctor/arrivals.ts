/** What comes in, for one that waits for it. */
export class Arrivals<Item> {
  readonly #items: Item[] = [];
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  push(item: Item): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** Nothing that is waited for will come any more. */
  fail(error: Error): void {
    this.#error ??= error;
    this.#wake?.();
  }

  /** The next `count` ones. Has no end of its own where they don't come. */
  async take(count: number): Promise<readonly Item[]> {
    while (this.#items.length < count) {
      if (this.#error !== undefined) throw this.#error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#items.splice(0, count);
  }
}
