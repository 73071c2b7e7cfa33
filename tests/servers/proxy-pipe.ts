import type { Socket } from 'node:net';
import type { ProxyLine } from './proxy-line.ts';

/** Cuts a stream into the units that can be dropped. */
export interface Framing {
  /** The frames that `chunk` completes; the rest is kept for the next one. */
  push(chunk: Buffer): readonly Buffer[];
}

/** With more than this on its way, the sender is no longer read: it feels the stall as a full socket. */
const MOST_QUEUED_BYTES = 256 * 1024;

interface Parcel {
  readonly leavesAt: number;
  /** `undefined`: the sender's end. */
  readonly bytes: Buffer | undefined;
}

/** One direction of one connection through a proxy. Keeps the order whatever the line does. */
export class ProxyPipe {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #line: ProxyLine;
  readonly #queue: Parcel[] = [];
  readonly #flush = (): void => this.#send();
  #queuedBytes = 0;
  #lastLeavesAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #full = false;

  constructor(source: Socket, sink: Socket, line: ProxyLine, framing: Framing | undefined) {
    this.#source = source;
    this.#sink = sink;
    this.#line = line;
    source.on('data', (chunk) => {
      for (const frame of framing?.push(chunk) ?? [chunk]) {
        const bytes = line.tampered(frame);
        if (bytes !== undefined) this.#take(bytes);
      }
      this.#send();
    });
    source.on('end', () => {
      this.#take(undefined);
      this.#send();
    });
    sink.on('drain', () => {
      this.#full = false;
      this.#send();
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#line.forget(this.#flush);
    this.#queue.length = 0;
  }

  #take(bytes: Buffer | undefined): void {
    const size = bytes?.length ?? 0;
    const { latencyMs, bytesPerSecond } = this.#line;
    const leavesAt = Math.max(
      Date.now() + latencyMs,
      Math.max(this.#lastLeavesAt, Date.now()) + (size / bytesPerSecond) * 1_000,
    );
    this.#lastLeavesAt = leavesAt;
    this.#queue.push({ leavesAt, bytes });
    this.#queuedBytes += size;
    if (this.#queuedBytes > MOST_QUEUED_BYTES) this.#source.pause();
  }

  #send(): void {
    clearTimeout(this.#timer);
    if (this.#line.stalled) return this.#line.whenResumed(this.#flush);
    while (!this.#full) {
      const [next] = this.#queue;
      if (next === undefined) return;
      const early = next.leavesAt - Date.now();
      if (early > 0) {
        this.#timer = setTimeout(this.#flush, early);
        return;
      }
      this.#queue.shift();
      this.#write(next.bytes);
    }
  }

  #write(bytes: Buffer | undefined): void {
    if (bytes === undefined) {
      this.#sink.end();
      return;
    }
    this.#queuedBytes -= bytes.length;
    if (this.#queuedBytes <= MOST_QUEUED_BYTES) this.#source.resume();
    this.#full = !this.#sink.write(bytes);
  }
}
