/** A promise with the functions that settle it (`Promise.withResolvers` is missing before Safari 17.4). */
export class Deferred<Value> {
  readonly promise: Promise<Value>;
  #settled = false;
  #resolve!: (value: Value | PromiseLike<Value>) => void;
  #reject!: (error: unknown) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever awaits it gets the rejection; an attempt that nobody awaits must not end a Node process.
    this.promise.catch(() => {});
  }

  /** Whether it was resolved or rejected. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Resolves the promise; without effect once it is settled. */
  resolve(value: Value | PromiseLike<Value>): void {
    this.#settled = true;
    this.#resolve(value);
  }

  /** Rejects the promise; without effect once it is settled. */
  reject(error: unknown): void {
    this.#settled = true;
    this.#reject(error);
  }
}
