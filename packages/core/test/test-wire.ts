import type { ConnectionRequest, Encoding, Link, Session, Transport, TransportHost } from '@rt/core';
import { Inbox } from '@rt/core/conformance';
import { randomBytes } from 'node:crypto';

type Frame = readonly [type: string, ...fields: unknown[]];

const textEncoding: Encoding = { name: 'text', encode: (frames) => Buffer.from(frames.join('\n')) };

/** A wire without a network: what core does is seen frame by frame, and write by write. */
export class TestWire implements Transport {
  readonly name = 'memory';
  #host: TransportHost | undefined;

  attach(host: TransportHost): void {
    this.#host = host;
  }

  async close(): Promise<void> {
    // Core has closed every connection before.
  }

  /** A new client; `bufferedBytes` is what its socket claims not to have sent. */
  connect(request: Partial<ConnectionRequest> = {}): TestClient {
    if (this.#host === undefined) throw new Error('give this wire to a Realtime first');
    return new TestClient(this.#host, { headers: {}, url: '/', address: '127.0.0.1', ...request });
  }
}

/** One client of a `TestWire`. */
export class TestClient implements Link {
  readonly encoding = textEncoding;
  readonly instance = randomBytes(16).toString('base64url');
  /** Each write of core, as text. */
  readonly writes: string[] = [];
  /** `skip` frames; `next` gives all others. */
  readonly skips: Frame[] = [];
  bufferedBytes = 0;
  readonly #frames = new Inbox<Frame>();
  readonly #closes = new Inbox<{ code: number; reason: string }>();
  readonly #session: Session;

  constructor(host: TransportHost, request: ConnectionRequest) {
    this.#session = host.open(this, request);
  }

  write(bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString();
    this.writes.push(text);
    for (const line of text.split('\n')) {
      const frame = JSON.parse(line) as Frame;
      if (frame[0] === 'skip') this.skips.push(frame);
      else this.#frames.push(frame);
    }
  }

  close(code: number, reason: string): void {
    this.#closes.push({ code, reason });
    this.#session.closed(code, reason);
  }

  /** The socket has taken everything. */
  drain(): void {
    this.bufferedBytes = 0;
    this.#session.drained();
  }

  /** The wire breaks. */
  abort(): void {
    this.#session.closed(1006, '');
  }

  /** The client closes, with `code`: 1000 is a client that is done. */
  leave(code = 1000): void {
    this.#session.closed(code, '');
  }

  send(...frames: readonly unknown[]): void {
    this.#session.receive(frames.map((frame) => JSON.stringify(frame)).join('\n'));
  }

  next(): Promise<Frame> {
    return this.#frames.next('a frame');
  }

  /** Frames that came and were not taken. */
  get waiting(): number {
    return this.#frames.size;
  }

  closed(): Promise<{ code: number; reason: string }> {
    return this.#closes.next('the close');
  }

  /** Connects with `channels`; takes `ready` and the `sub` of each. Answers the connection's id. */
  async open(channels: readonly string[] = [], token: string | null = null): Promise<string> {
    this.send(['connect', 1, this.instance, token, channels.map((channel) => [channel, null])]);
    const ready = await this.next();
    if (ready[0] !== 'ready') throw new Error(`expected ready, got ${JSON.stringify(ready)}`);
    // The server subscribes a user to their own channel as well.
    const confirmations = channels.length + (ready[2] === null ? 0 : 1);
    for (let index = 0; index < confirmations; index++) {
      const frame = await this.next();
      if (frame[0] !== 'sub') throw new Error(`expected sub, got ${JSON.stringify(frame)}`);
    }
    return String(ready[1]);
  }
}
