import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** One answer. */
export interface Answer {
  readonly status: number;
  /** The lines of its head, as they came. */
  readonly head: string;
  readonly body: Buffer;
}

/** A request with a body of text. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

const END_OF_HEAD = '\r\n\r\n';

/**
 * Asks one thing after the other over HTTP/1.1, on a bare socket that costs as little as possible beside the server. Where the server
 * has ended an idle one, the next question opens another.
 */
export class HttpSocket {
  readonly #port: number;
  readonly #failed: (reason: string) => void;
  #socket: Socket | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<Answer> | undefined;
  /** What the body is given to from here on, where it does not end. */
  #stream: ((bytes: Buffer) => void) | undefined;
  #isClosed = false;

  constructor(port: number, failed: (reason: string) => void) {
    this.#port = port;
    this.#failed = failed;
    this.#socket = this.#connect();
  }

  /** Asks; there must be no other question under way. */
  ask(asked: Asked): Promise<Answer> {
    this.#socket ??= this.#connect();
    this.#waiting = Promise.withResolvers<Answer>();
    this.#socket.write(this.#requestOf(asked));
    return this.#waiting.promise;
  }

  /** Asks for a body without an end; resolves with the head. */
  stream(asked: Asked, each: (bytes: Buffer) => void): Promise<Answer> {
    this.#stream = each;
    return this.ask(asked);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.destroy();
  }

  #connect(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    socket.on('data', (bytes) => this.#read(bytes));
    // 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#gone());
    return socket;
  }

  #requestOf({ method, path, headers = [], body = '' }: Asked): string {
    const length = method === 'POST' ? [`Content-Length: ${Buffer.byteLength(body)}`] : [];
    return [`${method} ${path} HTTP/1.1`, `Host: 127.0.0.1:${this.#port}`, ...headers, ...length, '', body].join(
      '\r\n',
    );
  }

  #read(bytes: Buffer): void {
    if (this.#stream !== undefined && this.#waiting === undefined) {
      this.#stream(bytes);
      return;
    }
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    const end = this.#bytes.indexOf(END_OF_HEAD);
    if (end === -1) return;
    const head = this.#bytes.toString('latin1', 0, end);
    const start = end + END_OF_HEAD.length;
    const length = this.#stream === undefined ? Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0) : 0;
    if (this.#bytes.length < start + length) return;
    const body = this.#bytes.subarray(start, start + length);
    const rest = this.#bytes.subarray(start + length);
    const waiting = this.#waiting;
    [this.#waiting, this.#bytes] = [undefined, Buffer.alloc(0)];
    waiting?.resolve({ status: Number(head.slice(9, 12)), head, body });
    if (rest.length > 0) this.#read(rest);
  }

  #gone(): void {
    this.#socket = undefined;
    if (this.#isClosed || (this.#waiting === undefined && this.#stream === undefined)) return;
    const reason = 'the server ended the connection';
    this.#waiting?.reject(new Error(reason));
    this.#failed(reason);
  }
}

/** A header's value in the head of an answer. */
export function headerIn({ head }: Answer, name: string): string {
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim() ?? '';
}
