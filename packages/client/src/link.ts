import { closeCodeReconnects, RealtimeError } from '@rt/protocol';
import type { ClientFrame, ConnectionLimits, ServerFrame } from '@rt/protocol';
import { Heartbeat } from './heartbeat.ts';
import type { HeartbeatTimes } from './options.ts';
import { Outbox } from './outbox.ts';
import { Pace } from './pace.ts';
import type { Socket } from './socket.ts';

/** When to come back after a link has ended. */
type ComeBack = 'never' | 'later' | 'now';

/** How a link ended. */
export interface LinkEnd {
  /** The close code, the server's or the client's own. */
  readonly code: number;
  readonly comeBack: ComeBack;
  /** What was wrong, where the close code does not say it all. */
  readonly error?: RealtimeError;
}

/** What a link reports: `opened` at most once, then frames, then `ended` once. After `close()` nothing. */
export interface LinkEvents {
  opened(): void;
  received(frame: ServerFrame): void;
  ended(end: LinkEnd): void;
}

/** One WebSocket, from its opening to its end, in frames. It answers pings itself. */
export class Link {
  readonly #socket: Socket;
  readonly #events: LinkEvents;
  readonly #outbox: Outbox;
  #state: 'open' | 'closed' = 'open';
  #heartbeat: Heartbeat | undefined;
  #pace: Pace | undefined;

  constructor(socket: Socket, events: LinkEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#outbox = new Outbox((message) => socket.send(message));
    socket.addEventListener('open', () => {
      if (this.#state === 'open') events.opened();
    });
    socket.addEventListener('message', ({ data }) => this.#read(String(data)));
    // A browser says nothing about an error, and `close` follows it; but Node's `ws` throws one that nobody listens to.
    socket.addEventListener('error', () => {});
    socket.addEventListener('close', ({ code }) => {
      if (this.#stop()) events.ended({ code, comeBack: closeCodeReconnects(code) ? 'later' : 'never' });
    });
  }

  /** How long the next `send` frame has to wait so that the server does not refuse it. */
  get sendWaitMs(): number {
    return this.#pace?.waitMs ?? Infinity;
  }

  /** Starts the heartbeat and keeps within the server's limits, both as `ready` told them. */
  ready(limits: ConnectionLimits, beatMs: number, times: HeartbeatTimes): void {
    this.#outbox.maxBytes = limits.maxFrameBytes;
    this.#pace = new Pace(limits);
    this.#heartbeat = new Heartbeat(beatMs, times, {
      ping: () => this.send(['ping']),
      missed: (by) => this.#drop({ code: 4000, comeBack: by === 'probe' ? 'now' : 'later' }),
    });
  }

  /** Sends one frame, as a tuple or as its text, at the end of this tick. Throws `TOO_LARGE`. */
  send(frame: ClientFrame | string): void {
    this.#outbox.add(typeof frame === 'string' ? frame : JSON.stringify(frame));
    this.#pace?.spend();
  }

  /** Checks at once whether the server still answers. */
  probe(): void {
    this.#heartbeat?.probe();
  }

  /** Ends the link after what was sent so far. Nothing is reported any more. */
  close(code: number): void {
    this.#stop();
    this.#outbox.flush();
    this.#socket.close(code);
  }

  /** Ends a link that is of no more use. */
  #drop(end: LinkEnd): void {
    this.close(end.code);
    this.#events.ended(end);
  }

  /** Stops listening and watching, and tells whether it was still doing so. */
  #stop(): boolean {
    if (this.#state === 'closed') return false;
    this.#state = 'closed';
    this.#heartbeat?.stop();
    return true;
  }

  #read(text: string): void {
    if (this.#state === 'closed') return;
    this.#heartbeat?.heard();
    try {
      for (const line of text.split('\n')) {
        const frame: unknown = JSON.parse(line);
        if (!Array.isArray(frame)) throw new TypeError('not an array');
        if (frame[0] === 'ping') this.send(['pong']);
        // The server is trusted: a frame of ours is built as the protocol says, an unknown one is ignored by its type.
        else this.#events.received(frame as unknown as ServerFrame);
        // A listener may have closed the client between two frames of one message.
        if (this.#state !== 'open') return;
      }
    } catch (cause) {
      // Listeners are guarded by their emitters, so what fails here is the frame.
      const error = new RealtimeError('BAD_FRAME', 'The server sent what is no frame.', { cause });
      this.#drop({ code: 4500, comeBack: 'later', error });
    }
  }
}
