import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Dialect, Listener } from './dialect.ts';
import { FrameReader, maskedText } from './frame-reader.ts';

/** What a raw client tells whoever counts. */
export interface RawClientEvents {
  /** Called for every message; must be quick. */
  readonly delivered: (bytes: Buffer, start: number, end: number) => void;
  /** It ended without being told to. */
  readonly failed: (reason: string) => void;
}

/** Where to connect. */
export interface Route {
  readonly port: number;
  /** The address to connect from, where the ports of one are too few. */
  readonly localAddress?: string;
}

/** All sockets read into this one buffer: what is read is handled, or copied, before the next read. */
const READ_BUFFER = Buffer.allocUnsafe(256 * 1024);
const END_OF_HEADERS = '\r\n\r\n';

/** A WebSocket client of a bare socket, which costs the machine as little as possible beside the server under test. */
export class RawClient implements Listener {
  /** Messages received since the count was last set to 0. */
  count = 0;
  readonly #dialect: Dialect;
  readonly #events: RawClientEvents;
  readonly #reader: FrameReader;
  readonly #socket: Socket;
  readonly #opening = Promise.withResolvers<void>();
  #state: 'handshaking' | 'open' | 'closed' = 'handshaking';
  #response = '';

  constructor(dialect: Dialect, route: Route, events: RawClientEvents) {
    this.#dialect = dialect;
    this.#events = events;
    this.#reader = new FrameReader((bytes, start, end) => dialect.read(bytes, start, end, this));
    this.#socket = connect({
      ...route,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: (length) => this.#onRead(READ_BUFFER.subarray(0, length)) },
    });
    this.#socket.on('connect', () => this.#socket.write(handshake(dialect, route.port)));
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('close', () => this.#fail('the server ended the connection'));
  }

  /** Resolves when it is connected and subscribed. */
  get opening(): Promise<void> {
    return this.#opening.promise;
  }

  send(text: string): void {
    this.#socket.write(maskedText(text));
  }

  opened(): void {
    this.#opening.resolve();
  }

  delivered(bytes: Buffer, start: number, end: number): void {
    this.count++;
    this.#events.delivered(bytes, start, end);
  }

  close(): void {
    this.#state = 'closed';
    this.#socket.destroy();
  }

  #onRead(chunk: Buffer): boolean {
    try {
      if (this.#state === 'handshaking') this.#readResponse(chunk);
      else if (this.#state === 'open') this.#reader.read(chunk);
    } catch (error) {
      this.#fail(String(error));
    }
    return true;
  }

  #readResponse(chunk: Buffer): void {
    this.#response += chunk.toString('latin1');
    const end = this.#response.indexOf(END_OF_HEADERS);
    if (end === -1) return;
    if (!this.#response.startsWith('HTTP/1.1 101')) throw new Error(this.#response.slice(0, end));
    const rest = Buffer.from(this.#response.slice(end + END_OF_HEADERS.length), 'latin1');
    this.#response = '';
    this.#state = 'open';
    this.#dialect.greet(this);
    this.#reader.read(rest);
  }

  #fail(reason: string): void {
    if (this.#state === 'closed') return;
    this.close();
    this.#opening.reject(new Error(reason));
    this.#events.failed(reason);
  }
}

function handshake({ path, protocol }: Dialect, port: number): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Accept-Language: en-GB,en;q=0.9',
    'Accept-Encoding: gzip, deflate, br, zstd',
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ];
  return lines.join('\r\n') + END_OF_HEADERS;
}
