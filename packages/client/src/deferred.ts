/** A promise with the functions that settle it (`Promise.withResolvers` is missing before Safari 17.4). */
export class Deferred<Value> {
  /** Resolves the promise; without effect once it is settled. */
  resolve!: (value: Value | PromiseLike<Value>) => void;
  /** Rejects the promise; without effect once it is settled. */
  reject!: (error: unknown) => void;
  readonly promise = new Promise<Value>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    // Whoever awaits it gets the rejection; an attempt that nobody awaits must not end a Node process.
    this.promise.catch(() => {});
  }
}
