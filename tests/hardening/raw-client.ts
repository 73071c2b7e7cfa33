import { randomBytes } from 'node:crypto';
import { CLOSE_DEADLINE_MS } from './deadline.ts';
import { Inbox } from './inbox.ts';
import { RawSocket } from './raw-socket.ts';
import type { Ending, UpgradeLines } from './raw-socket.ts';
import { OPCODE } from './wire-frame.ts';

/** A frame of the server, as JSON gave it. */
export type Received = readonly unknown[];

/** A client made of nothing but a socket: it sends any text, and sorts what comes back by type. */
export class RawClient {
  readonly raw: RawSocket;
  /** Every frame of the server that no request waited for. */
  readonly received = new Inbox<Received>();
  #n = 0;

  private constructor(raw: RawSocket) {
    this.raw = raw;
    const push = raw.frames.push.bind(raw.frames);
    raw.frames.push = (frame) => {
      push(frame);
      if (frame.opcode !== OPCODE.text) return;
      raw.frames.takeAll();
      for (const line of frame.payload.toString('utf8').split('\n')) this.received.push(JSON.parse(line) as Received);
    };
  }

  /** A connection that has not said `connect`. */
  static async silent(port: number, lines?: UpgradeLines): Promise<RawClient> {
    return new RawClient(await RawSocket.upgraded(port, lines));
  }

  /** A connection that got `ready`. */
  static async open(
    port: number,
    options: { token?: string; resume?: readonly (readonly [string, null])[] } = {},
  ): Promise<RawClient> {
    const client = await RawClient.silent(port);
    client.send(['connect', 1, newInstance(), options.token ?? null, options.resume ?? null]);
    await client.next('ready');
    return client;
  }

  send(frame: readonly unknown[]): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string): void {
    this.raw.sendFrame(text);
  }

  /** Sends a frame whose second element is a request number of this client's, and gives the answer to it. */
  async request(type: string, ...fields: readonly unknown[]): Promise<Received> {
    const n = ++this.#n;
    this.send([type, n, ...fields]);
    return this.received.next(`the answer to ${type}`, (frame) => frame[1] === n && frame[0] !== 'm');
  }

  /** The next frame of one type; the others stay. */
  next(type: string, ms = CLOSE_DEADLINE_MS): Promise<Received> {
    return this.received.next(`a frame "${type}"`, (frame) => frame[0] === type, ms);
  }

  /** Asks for a sign of life: what the server sent before it is there when this resolves. */
  async roundTrip(): Promise<void> {
    this.send(['ping']);
    await this.next('pong');
  }

  async subscribe(channel: string): Promise<void> {
    const answer = await this.request('sub', channel);
    if (answer[0] !== 'sub') throw new Error(`not subscribed: ${JSON.stringify(answer)}`);
  }

  ending(ms?: number): Promise<Ending> {
    return this.raw.ending(ms);
  }
}

/** 128 random bits, as a client makes them. */
export function newInstance(): string {
  return randomBytes(16).toString('base64url');
}

/** A name that no other test uses. */
export function randomName(prefix = 'room.'): string {
  return prefix + randomBytes(9).toString('base64url');
}
