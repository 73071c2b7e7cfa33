import { RealtimeError } from '@rt/protocol';

/**
 * The frames of one tick. They leave together at its end, in order, joined by LF,
 * in as many messages as the server's limit asks for.
 */
export class Outbox {
  /** The largest message the server reads, in bytes of UTF-8. Unknown until it has said so. */
  maxBytes = Infinity;
  readonly #write: (message: string) => void;
  readonly #utf8 = new TextEncoder();
  #messages: string[] = [];
  #lastBytes = 0;

  constructor(write: (message: string) => void) {
    this.#write = write;
  }

  /** Adds one frame. Throws `TOO_LARGE` for one that no message can hold. */
  add(frame: string): void {
    const bytes = this.#utf8.encode(frame).length;
    if (bytes > this.maxBytes) {
      throw new RealtimeError('TOO_LARGE', `The frame has ${bytes} of ${this.maxBytes} bytes.`);
    }
    const last = this.#messages.length - 1;
    if (last < 0) queueMicrotask(() => this.flush());
    if (last >= 0 && this.#lastBytes + 1 + bytes <= this.maxBytes) {
      this.#messages[last] += `\n${frame}`;
      this.#lastBytes += 1 + bytes;
    } else {
      this.#messages.push(frame);
      this.#lastBytes = bytes;
    }
  }

  /** Writes what there is now, without waiting for the end of the tick. */
  flush(): void {
    for (const message of this.#messages.splice(0)) this.#write(message);
  }
}
