import { RealtimeError } from '@rt/core';
import type { Cancel, Clock } from '@rt/core';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long a client may take to read the end of its stream before its socket is destroyed. */
const CLOSE_TIMEOUT_MS = 2_000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // A proxy that compresses holds back what it has not got enough of.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
  connection: 'close',
};

/** What an `EventStream` tells its link. */
export interface StreamEvents {
  /** The socket has taken everything. */
  readonly drained: () => void;
  /** The socket is gone. */
  readonly gone: () => void;
}

/**
 * A response that lasts. Its head is Node's; everything after that goes ready-made to the very socket, which is why the body ends with
 * the connection instead of being chunked. That is safe while `res.write` is never called, nothing but this request's answer
 * can be on the socket, and it has an `error` listener (which is Node's own).
 */
export class EventStream {
  readonly #res: ServerResponse;
  readonly #socket: Socket;
  readonly #clock: Clock;
  #state: 'new' | 'open' | 'ending' = 'new';
  #cancel: Cancel | undefined;

  /** Throws `BAD_FRAME` where the answer to another request has to leave first. */
  constructor(res: ServerResponse, clock: Clock) {
    if (res.socket === null) throw new RealtimeError('BAD_FRAME', 'a stream needs a connection of its own');
    this.#res = res;
    this.#socket = res.socket;
    this.#clock = clock;
  }

  /** Whether there is nobody to answer any more. */
  get isGone(): boolean {
    return this.#socket.destroyed;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  listen({ drained, gone }: StreamEvents): void {
    this.#socket.on('drain', drained);
    this.#socket.once('close', () => {
      this.#state = 'ending';
      this.#cancel?.();
      gone();
    });
  }

  /** Sends the head and `opening`, at once. */
  begin(headers: OutgoingHttpHeaders, opening: string): void {
    if (this.#state !== 'new') return;
    this.#state = 'open';
    const [res, socket] = [this.#res, this.#socket];
    res.removeHeader('transfer-encoding');
    res.writeHead(200, { ...HEADERS, ...headers });
    socket.cork();
    res.flushHeaders();
    socket.write(opening);
    socket.uncork();
  }

  /** `taken` is called when the system has them, which under TLS is later than at once. */
  write(bytes: Uint8Array, taken?: () => void): void {
    if (this.#state !== 'open') return;
    if (taken === undefined) this.#socket.write(bytes);
    else this.#socket.write(bytes, (error) => error ?? taken());
  }

  /** Ends after what was written, and `last`. */
  end(last: Uint8Array): void {
    if (this.#state !== 'open') return;
    this.#socket.write(last);
    this.#state = 'ending';
    // Ends the connection when everything has left.
    this.#res.end();
    this.#cancel = this.#clock.after(CLOSE_TIMEOUT_MS, () => this.#socket.destroy());
  }
}
