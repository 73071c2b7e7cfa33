import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { CLOSE_DEADLINE_MS, within } from './deadline.ts';
import { Inbox } from './inbox.ts';
import { clientFrame, OPCODE, readServerFrame } from './wire-frame.ts';
import type { FrameShape, WireFrame } from './wire-frame.ts';

/** An HTTP answer read from a bare socket. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** How a connection ended: `code` of the close frame, or 1006 where none came (RFC 6455 §7.1.5). */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

/** The lines of an upgrade request. Each may be replaced; `extra` lines are added as they are. */
export interface UpgradeLines {
  readonly path?: string;
  readonly host?: string;
  readonly protocol?: string;
  readonly extra?: readonly string[];
}

/** A TCP socket that says exactly what it is told, and understands HTTP answers and WebSocket frames. */
export class RawSocket {
  readonly socket: Socket;
  readonly frames = new Inbox<WireFrame>();
  /** Resolves when the server said goodbye or went. */
  readonly ended: Promise<Ending>;
  readonly #answers = new Inbox<RawAnswer>();
  readonly #end: (ending: Ending) => void;
  #mode: 'http' | 'frames' = 'http';
  #bytes: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.ended = promise;
    this.#end = resolve;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    // A server that cuts an attacker resets it: the test looks at `ended`.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ code: 1006, reason: '' }));
  }

  /** Connects, `from` another address of this machine where one is given; ends with the test. */
  static async open(port: number, from?: string): Promise<RawSocket> {
    const local = from === undefined ? {} : { localAddress: from };
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, ...local });
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    return new RawSocket(socket);
  }

  /** Connects and upgrades, with the lines of an honest client that is no browser. */
  static async upgraded(port: number, lines: UpgradeLines = {}): Promise<RawSocket> {
    const socket = await RawSocket.open(port);
    const { status, head } = await socket.upgrade(port, lines);
    if (status !== 101) throw new Error(`the upgrade was refused: ${head}`);
    return socket;
  }

  /** Asks for the upgrade and reads the answer. */
  async upgrade(port: number, lines: UpgradeLines = {}): Promise<RawAnswer> {
    this.write(upgradeRequest(port, lines));
    return this.answer();
  }

  /** The next HTTP answer. */
  answer(ms = CLOSE_DEADLINE_MS): Promise<RawAnswer> {
    return this.#answers.next('an HTTP answer', undefined, ms);
  }

  write(bytes: string | Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Writes as much as the server takes; resolves when it took all or the socket is gone. */
  async writeAll(bytes: Uint8Array, chunkBytes = 256 * 1024): Promise<void> {
    for (let start = 0; start < bytes.length && this.socket.writable; start += chunkBytes) {
      if (this.socket.write(bytes.subarray(start, start + chunkBytes))) continue;
      await Promise.race([once(this.socket, 'drain').catch(() => undefined), this.ended]);
      if (this.#isOver) return;
    }
  }

  /** Sends one WebSocket frame. */
  sendFrame(payload: string | Uint8Array, shape?: FrameShape): void {
    this.write(clientFrame(payload, shape));
  }

  /** How the connection ended, within the deadline for attackers. */
  ending(ms = CLOSE_DEADLINE_MS): Promise<Ending> {
    return within(ms, 'the end of the connection', this.ended);
  }

  get #isOver(): boolean {
    return this.socket.destroyed || !this.socket.writable;
  }

  #read(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    while (this.#mode === 'http' ? this.#readAnswer() : this.#readFrame());
  }

  #readAnswer(): boolean {
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const head = this.#bytes.toString('latin1', 0, end);
    const status = Number(head.slice(9, 12));
    const bodyLength = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    if (this.#bytes.length < end + 4 + bodyLength) return false;
    const body = this.#bytes.toString('utf8', end + 4, end + 4 + bodyLength);
    this.#bytes = this.#bytes.subarray(end + 4 + bodyLength);
    if (status === 101) this.#mode = 'frames';
    this.#answers.push({ status, head, body });
    return true;
  }

  #readFrame(): boolean {
    const read = readServerFrame(this.#bytes);
    if (read === undefined) return false;
    this.#bytes = this.#bytes.subarray(read.length);
    const { opcode, payload } = read.frame;
    if (opcode === OPCODE.close) {
      this.#end({ code: payload.length < 2 ? 1005 : payload.readUInt16BE(0), reason: payload.toString('utf8', 2) });
    }
    this.frames.push(read.frame);
    return true;
  }
}

/** The text of an upgrade request (RFC 6455 §4.1). */
export function upgradeRequest(port: number, lines: UpgradeLines = {}): string {
  return [
    `GET ${lines.path ?? '/realtime/ws'} HTTP/1.1`,
    `Host: ${lines.host ?? `127.0.0.1:${port}`}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    `Sec-WebSocket-Protocol: ${lines.protocol ?? 'rt.v1'}`,
    ...(lines.extra ?? []),
    '\r\n',
  ].join('\r\n');
}
