import { randomBytes } from 'node:crypto';
import { CLOSE_DEADLINE_MS } from './deadline.ts';
import { Inbox } from './inbox.ts';
import { RawSocket } from './raw-socket.ts';
import type { Ending, UpgradeLines } from './raw-socket.ts';
import { OPCODE } from './wire-frame.ts';

/** A frame of the server, as JSON gave it. */
export type Received = readonly unknown[];

/** How a client connects. */
export interface Opening {
  readonly token?: string;
  readonly resume?: readonly (readonly [channel: string, cursor: string | null, last?: number])[];
  /** Default: one of its own. */
  readonly instance?: string;
  readonly lines?: UpgradeLines;
}

/** A client made of nothing but a socket: it sends any text, and sorts what comes back by type. */
export class RawClient {
  readonly raw: RawSocket;
  /** Every frame of the server that no request waited for. */
  readonly received = new Inbox<Received>();
  /** What the server answered to `connect`. */
  ready: Received = [];
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
  static async open(port: number, options: Opening = {}): Promise<RawClient> {
    const client = await RawClient.connecting(port, options);
    client.ready = await client.next('ready');
    return client;
  }

  /** A connection that said `connect`, and may be refused. */
  static async connecting(port: number, options: Opening = {}): Promise<RawClient> {
    const client = await RawClient.silent(port, options.lines);
    client.send(['connect', 1, options.instance ?? newInstance(), options.token ?? null, options.resume ?? null]);
    return client;
  }

  /** The connection's id. */
  get id(): string {
    return String(this.ready[1]);
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

  /** Subscribes; answers the cursor. */
  async subscribe(channel: string, cursor: string | null = null): Promise<string> {
    const answer = await this.request('sub', channel, cursor);
    if (answer[0] !== 'sub') throw new Error(`not subscribed: ${JSON.stringify(answer)}`);
    return String(answer[3]);
  }

  /** Takes everything that came up to now, and gives those of one channel. */
  async framesOf(channel: string): Promise<Received[]> {
    await this.roundTrip();
    return this.received.takeAll().filter((frame) => frame[1] === channel);
  }

  /** The data of every message that came up to now on one channel. Takes everything. */
  async dataOf(channel: string): Promise<unknown[]> {
    return (await this.framesOf(channel)).filter((frame) => frame[0] === 'm').map((frame) => frame[4]);
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
