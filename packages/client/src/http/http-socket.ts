import type { Socket } from '../socket.ts';
import { FrameQueue } from './frame-queue.ts';
import type { HttpSession } from './http-session.ts';

/** Says that the connection went, as a WebSocket does (RFC 6455 §7.1.5). */
export const LOST = 1006;
/** How long a POST may take, whatever the network does with it. */
const POST_TIMEOUT_MS = 10_000;

/**
 * Opens a session with the text of the `connect` frame and calls `deliver` with what the server sends.
 * Resolves with the close code; rejects where the connection went.
 */
export type Receive = (session: HttpSession, connect: string, deliver: (frames: string) => void) => Promise<number>;

/** What a socket tells of its life. */
export interface HttpSocketEvents {
  /** The server has said `ready`. */
  readonly began: () => void;
  /** It is over, whoever ended it. */
  readonly ended: () => void;
}

/** One connection over HTTP in the shape of a WebSocket. Its first message opens the session, the others are posted. */
export class HttpSocket implements Socket {
  readonly #session: HttpSession;
  readonly #receive: Receive;
  readonly #events: HttpSocketEvents;
  readonly #listeners = new Map<string, (event: never) => void>();
  readonly #queue = new FrameQueue();
  #isOpening = false;
  /** What is being posted; `undefined` while nothing is. */
  #posting: Promise<void> | undefined;
  /** The number of the last body. */
  #sequence = 0;
  /** The largest body that the server reads; unknown until `ready` told it. */
  #maxBytes: number | undefined;

  constructor(session: HttpSession, receive: Receive, events: HttpSocketEvents) {
    this.#session = session;
    this.#receive = receive;
    this.#events = events;
    queueMicrotask(() => this.#tell('open', {}));
  }

  /** One listener each is all that a link has. */
  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, listener);
  }

  send(text: string): void {
    if (this.#isOpening) {
      this.#queue.add(text);
      this.#flush();
    } else {
      this.#isOpening = true;
      void this.#run(text);
    }
  }

  close(code?: number): void {
    if (code === 1000 && this.#session.secret !== undefined) void this.#leave();
    else this.#end(code ?? LOST);
  }

  async #run(connect: string): Promise<void> {
    const code = await this.#receive(this.#session, connect, (frames) => this.#deliver(frames)).catch(() => LOST);
    this.#end(code);
  }

  #deliver(frames: string): void {
    if (this.#session.isOver) return;
    if (this.#maxBytes === undefined) {
      this.#maxBytes = maxFrameBytesIn(frames);
      if (this.#maxBytes !== undefined) this.#events.began();
    }
    this.#tell('message', { data: frames });
    this.#flush();
  }

  #flush(): void {
    if (this.#session.secret !== undefined && !this.#queue.isEmpty) this.#posting ??= this.#post();
  }

  async #post(): Promise<void> {
    while (!this.#queue.isEmpty && !this.#session.isOver) {
      const body = this.#queue.take(this.#maxBytes ?? Infinity);
      const timer = setTimeout(() => this.#end(LOST), POST_TIMEOUT_MS);
      const answer = await this.#session.repeat('send', { sequence: ++this.#sequence, body });
      clearTimeout(timer);
      if (!answer) this.#end(LOST);
    }
    this.#posting = undefined;
  }

  /** Takes leave, after what was sent so far. Nobody listens any more. */
  async #leave(): Promise<void> {
    await this.#posting;
    // Without this the server finds out by itself.
    await this.#session.ask('send', { method: 'DELETE' }).catch(() => undefined);
    this.#end(1000);
  }

  #end(code: number): void {
    if (this.#session.isOver) return;
    this.#session.end();
    this.#events.ended();
    this.#tell('close', { code });
  }

  #tell(type: string, event: object): void {
    this.#listeners.get(type)?.(event as never);
  }
}

/** The limit in a text that begins with `ready`. What is no frame at all is the link's to report. */
function maxFrameBytesIn(frames: string): number | undefined {
  try {
    const [type, , , limits] = JSON.parse(frames.split('\n', 1)[0]!) as [string, unknown, unknown, unknown];
    return type === 'ready' ? (limits as { readonly maxFrameBytes: number }).maxFrameBytes : undefined;
  } catch {
    return undefined;
  }
}
