import { CLOSE_DEADLINE_MS } from './deadline.ts';
import { Inbox } from './inbox.ts';
import type { Ending } from './raw-socket.ts';

/** A frame of the server, as JSON gave it. */
export type Received = readonly unknown[];

/** A client of any transport, made of nothing of ours: it sends any text, and sorts what comes back by type. */
export abstract class FrameClient {
  /** Every frame of the server that no request waited for. */
  readonly received = new Inbox<Received>();
  /** What the server answered to `connect`. */
  ready: Received = [];
  #n = 0;

  /** Sends one message of the wire. */
  abstract sendText(text: string): void;

  /** How the connection ended, within the deadline for attackers. */
  abstract ending(ms?: number): Promise<Ending>;

  /** Reads nothing more until `resume`. */
  abstract pause(): void;

  abstract resume(): void;

  /** Is gone, without a word. */
  abstract destroy(): void;

  /** The connection's id. */
  get id(): string {
    return String(this.ready[1]);
  }

  send(frame: readonly unknown[]): void {
    this.sendText(JSON.stringify(frame));
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

  /** A message of the server came in. */
  protected receive(text: string): void {
    for (const line of text.split('\n')) this.received.push(JSON.parse(line) as Received);
  }
}
