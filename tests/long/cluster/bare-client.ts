import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { backoffDelayMs } from '../../../packages/client/src/backoff.ts';
import { clientFrame, OPCODE, readServerFrame } from '../../hardening/wire-frame.ts';
import type { Account } from './account.ts';

/** The client's own defaults. */
const BACKOFF = { baseMs: 1_000, maxMs: 30_000 };
const NOTHING = Buffer.alloc(0);
const END_OF_HEAD = '\r\n\r\n';

export interface BareOptions {
  /** Where to connect next. */
  readonly url: () => string;
  readonly channel: string;
  readonly token?: string | undefined;
  /** Whether it comes back when its connection goes. */
  readonly returns: boolean;
  readonly account: Account;
}

/** As little of a client as there can be, on a bare socket: thousands of them in a process measure the server and not themselves. */
export class BareClient {
  /** Resolves when it is subscribed for the first time. */
  readonly subscribed: Promise<void>;
  readonly #options: BareOptions;
  readonly #instance = randomBytes(16).toString('base64url');
  readonly #first = Promise.withResolvers<void>();
  #cursor: string | null = null;
  #attempt = 0;

  constructor(options: BareOptions) {
    this.#options = options;
    this.subscribed = this.#first.promise;
    this.#connect();
  }

  #connect(): void {
    const { url, channel, token = null, returns, account } = this.#options;
    const { hostname, port, host } = new URL(url());
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    socket.write(upgrade(host));
    let bytes: Buffer = NOTHING;
    let isOpen = false;
    socket.on('data', (chunk: Buffer) => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      if (!isOpen) {
        const end = bytes.indexOf(END_OF_HEAD);
        if (end === -1) return;
        isOpen = true;
        bytes = bytes.subarray(end + END_OF_HEAD.length);
        socket.write(clientFrame(JSON.stringify(['connect', 1, this.#instance, token, [[channel, this.#cursor]]])));
      }
      bytes = this.#readFrames(bytes, socket);
    });
    // A refused or broken connection is followed by its close.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      account.lost();
      if (returns) setTimeout(() => this.#connect(), backoffDelayMs(this.#attempt++, BACKOFF));
    });
  }

  /** Reads the frames that are whole; gives what is left. */
  #readFrames(bytes: Buffer, socket: Socket): Buffer {
    let rest = bytes;
    for (;;) {
      const read = readServerFrame(rest);
      if (read === undefined) return rest.length === 0 ? NOTHING : rest;
      rest = rest.subarray(read.length);
      const { opcode, payload } = read.frame;
      if (opcode === OPCODE.close) socket.destroy();
      if (opcode === OPCODE.text) for (const line of payload.toString().split('\n')) this.#read(line, socket);
    }
  }

  #read(line: string, socket: Socket): void {
    const { account } = this.#options;
    if (line.startsWith('["pres"')) return account.presence();
    if (line === '["ping"]') return void socket.write(clientFrame('["pong"]'));
    const [type, first, second, third, fourth] = JSON.parse(line) as readonly unknown[];
    switch (type) {
      case 'sub':
        this.#cursor ??= third as string | null;
        this.#attempt = 0;
        this.#first.resolve();
        return account.confirmed();
      case 'm':
        this.#cursor = third as string | null;
        return account.message(fourth as number);
      case 'skip':
        this.#cursor = second as string;
        return;
      case 'gap':
        this.#cursor = third as string | null;
        return account.gap(String(second));
      case 'err':
      case 'unsub':
        account.wrong.push(`${type}: ${JSON.stringify([first, second])}`);
        return;
      default:
    }
  }
}

function upgrade(host: string): string {
  return [
    'GET /realtime/ws HTTP/1.1',
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Protocol: rt.v1',
    '\r\n',
  ].join('\r\n');
}
