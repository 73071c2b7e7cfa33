/** How often others hear that this person still types. Less than they show it for. */
const EVERY_MS = 2000;

/** Tells others that this person types: at the first key, then now and then. */
export class Typist {
  #tell;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(tell) {
    this.#tell = tell;
  }

  type() {
    const now = performance.now();
    if (now - this.#toldAt < EVERY_MS) return;
    this.#toldAt = now;
    this.#tell();
  }

  /** The text is gone: the next key begins anew. */
  pause() {
    this.#toldAt = Number.NEGATIVE_INFINITY;
  }
}
