import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { decodeResp, encodeCommand, RespSplitter } from './resp.ts';
import type { RespValue } from './resp.ts';

/** A connection that stays, for what one command is not enough: subscribing, and seeing how it ends. */
export class RespSocket {
  readonly socket: Socket;
  /** Resolves when it ended: with the error's code, or `end`. */
  readonly ended: Promise<string>;
  readonly #splitter = new RespSplitter();
  readonly #arrived: RespValue[] = [];
  readonly #waiting: ((value: RespValue) => void)[] = [];

  static async open({ host, port }: { readonly host: string; readonly port: number }): Promise<RespSocket> {
    const socket = connect({ host, port });
    await once(socket, 'connect');
    return new RespSocket(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => {
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.on('close', () => resolve('end'));
    });
    socket.on('data', (chunk) => {
      for (const frame of this.#splitter.push(chunk)) this.#take(decodeResp(frame));
    });
  }

  send(...args: readonly (string | number)[]): void {
    this.socket.write(encodeCommand(args));
  }

  /** The next value that arrives, or that has arrived and was not asked for yet. */
  next(): Promise<RespValue> {
    const value = this.#arrived.shift();
    if (value !== undefined) return Promise.resolve(value);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async request(...args: readonly (string | number)[]): Promise<RespValue> {
    this.send(...args);
    return this.next();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #take(value: RespValue): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#arrived.push(value);
    else waiting(value);
  }
}
