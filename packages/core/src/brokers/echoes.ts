import { randomBytes } from 'node:crypto';

/** More than are ever waited for at the same time: one that never came back is forgotten in the end. */
const MAX_WAITING = 8;

/** Things that a node sends to itself the way messages go, and that come back or don't. */
export class Echoes {
  readonly #waiting = new Map<string, () => void>();
  readonly #prefix = randomBytes(6).toString('base64url');
  #sent = 0;

  /** Sends a nonce. Resolves when it came back; rejects where it could not be sent. One that is late is no answer to another. */
  async ask(send: (nonce: string) => Promise<unknown>): Promise<void> {
    const nonce = `${this.#prefix}.${++this.#sent}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(nonce, resolve);
    if (this.#waiting.size > MAX_WAITING) this.#waiting.delete(this.#waiting.keys().next().value!);
    try {
      await Promise.all([send(nonce), promise]);
    } finally {
      this.#waiting.delete(nonce);
    }
  }

  /** A nonce came in. */
  heard(nonce: string): void {
    this.#waiting.get(nonce)?.();
  }
}
