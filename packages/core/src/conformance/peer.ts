import { randomBytes } from 'node:crypto';
import { setTimeout as timeout } from 'node:timers/promises';

/** A client that shares no code with the transport: it speaks the wire, the suite speaks frames. */
export interface ForeignClient {
  /** Sends 1..n frames joined by LF, as one message of the wire. */
  send(text: string): void;
  /** Sends bytes that are no text, or no valid one. Absent where the wire can't. */
  sendBytes?(bytes: Uint8Array): void;
  /** The next frame that came in. */
  next(): Promise<string>;
  /** How the wire ended, with its code where it has one. */
  readonly closed: Promise<{ readonly code: number }>;
  /** Ends politely. */
  close(): void;
  /** Is gone without a word, as by a reset. */
  abort(): void;
}

/** A frame of the server, as JSON gave it. */
type Frame = readonly [type: string, ...fields: unknown[]];

/** A client and what the suite does with it. */
export class Peer {
  readonly #dial: (opening: string) => Promise<ForeignClient>;
  #client: ForeignClient | undefined;
  readonly instance = randomBytes(16).toString('base64url');

  /** Either connected already, as `client`, or to be connected with its first message by `dial`. */
  constructor(client: ForeignClient | undefined, dial: (opening: string) => Promise<ForeignClient>) {
    this.#client = client;
    this.#dial = dial;
  }

  get closed(): Promise<{ readonly code: number }> {
    return Promise.race([
      this.wire.closed,
      timeout(10_000, undefined, { ref: false }).then(() =>
        Promise.reject(new Error('the wire did not end within 10 s')),
      ),
    ]);
  }

  get wire(): ForeignClient {
    if (this.#client === undefined) throw new Error('say something first');
    return this.#client;
  }

  /** The first message. */
  async begin(text: string): Promise<void> {
    if (this.#client === undefined) this.#client = await this.#dial(text);
    else this.#client.send(text);
  }

  send(...frames: readonly unknown[]): void {
    this.wire.send(frames.map((frame) => JSON.stringify(frame)).join('\n'));
  }

  /** The next frame but `skip`, which stands where the client's own messages were. */
  async next(): Promise<Frame> {
    const frame = JSON.parse(await this.wire.next()) as Frame;
    return frame[0] === 'skip' ? this.next() : frame;
  }

  async connect(token: string | null, channels: readonly string[] = []): Promise<void> {
    await this.begin(JSON.stringify(['connect', 1, this.instance, token, channels.map((channel) => [channel, null])]));
  }

  /** Says `connect` with `channels` and takes `ready` and one `sub` for each. */
  async open(...channels: readonly string[]): Promise<Frame> {
    await this.connect(null, channels);
    const ready = await this.next();
    for (const channel of channels) {
      const frame = await this.next();
      if (frame[0] !== 'sub' || frame[2] !== channel)
        throw new Error(`expected the sub of ${channel}, got ${JSON.stringify(frame)}`);
    }
    return ready;
  }
}
