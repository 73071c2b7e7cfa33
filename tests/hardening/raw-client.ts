import { randomBytes } from 'node:crypto';
import { FrameClient } from './frame-client.ts';
import { RawSocket } from './raw-socket.ts';
import type { Ending, UpgradeLines } from './raw-socket.ts';
import { OPCODE } from './wire-frame.ts';

export type { Received } from './frame-client.ts';

/** How a client connects. */
export interface Opening {
  readonly token?: string;
  readonly resume?: readonly (readonly [channel: string, cursor: string | null, last?: number])[];
  /** Default: one of its own. */
  readonly instance?: string;
  readonly lines?: UpgradeLines;
}

/** A client made of nothing but a socket. */
export class RawClient extends FrameClient {
  readonly raw: RawSocket;

  private constructor(raw: RawSocket) {
    super();
    this.raw = raw;
    const push = raw.frames.push.bind(raw.frames);
    raw.frames.push = (frame) => {
      push(frame);
      if (frame.opcode !== OPCODE.text) return;
      raw.frames.takeAll();
      this.receive(frame.payload.toString('utf8'));
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
    return RawClient.begin(port, connectFrame(options), options.lines);
  }

  /** A connection whose first message is `text`. */
  static async begin(port: number, text: string, lines?: UpgradeLines): Promise<RawClient> {
    const client = await RawClient.silent(port, lines);
    client.sendText(text);
    return client;
  }

  sendText(text: string): void {
    this.raw.sendFrame(text);
  }

  ending(ms?: number): Promise<Ending> {
    return this.raw.ending(ms);
  }

  pause(): void {
    this.raw.socket.pause();
  }

  resume(): void {
    this.raw.socket.resume();
  }

  destroy(): void {
    this.raw.socket.destroy();
  }
}

/** The `connect` frame of a client that connects like that. */
export function connectFrame({ instance, token, resume }: Opening): string {
  return JSON.stringify(['connect', 1, instance ?? newInstance(), token ?? null, resume ?? null]);
}

/** 128 random bits, as a client makes them. */
export function newInstance(): string {
  return randomBytes(16).toString('base64url');
}

/** A name that no other test uses. */
export function randomName(prefix = 'room.'): string {
  return prefix + randomBytes(9).toString('base64url');
}
