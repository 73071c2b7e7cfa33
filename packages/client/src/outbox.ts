import { RealtimeError } from '@rt/protocol';
import type { Socket } from './socket.ts';

/**
 * The frames of one tick. They leave together at its end, in order, joined by LF;
 * before that, where the next one would make the message larger than the server reads.
 */
export class Outbox {
  /** The largest message the server reads, in bytes of UTF-8. Unknown until it has said so. */
  maxBytes = Infinity;
  readonly #socket: Pick<Socket, 'send'>;
  readonly #utf8 = new TextEncoder();
  readonly #frames: string[] = [];
  /** Those of the frames, each with an LF. */
  #bytes = 0;

  constructor(socket: Pick<Socket, 'send'>) {
    this.#socket = socket;
  }

  /** Adds one frame. Throws `TOO_LARGE` for one that no message can hold. */
  add(frame: string): void {
    const bytes = this.#utf8.encode(frame).length;
    if (bytes > this.maxBytes) {
      throw new RealtimeError('TOO_LARGE', `${bytes} bytes; at most ${this.maxBytes}.`);
    }
    if (this.#bytes + bytes > this.maxBytes) this.flush();
    if (this.#frames.push(frame) === 1) queueMicrotask(() => this.flush());
    this.#bytes += bytes + 1;
  }

  /** Writes what there is now, without waiting for the end of the tick. */
  flush(): void {
    if (this.#bytes) this.#socket.send(this.#frames.splice(0).join('\n'));
    this.#bytes = 0;
  }
}
