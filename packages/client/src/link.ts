import { closeCodeReconnects, RealtimeError } from '@rt/protocol';
import type { ClientFrame, ConnectionLimits, ServerFrame } from '@rt/protocol';
import { Heartbeat } from './heartbeat.ts';
import type { HeartbeatTimes } from './options.ts';
import { Outbox } from './outbox.ts';
import { Pace } from './pace.ts';
import type { Socket } from './socket.ts';

/** What a link reports: `opened` at most once, then frames, then `ended`, which has to close it. After `close()` nothing. */
export interface LinkEvents {
  opened(): void;
  received(frame: ServerFrame): void;
  /** With the close code, the server's or the client's own, and with what was wrong where that does not say it all. */
  ended(comesBack: boolean, code: number, error?: RealtimeError): void;
}

/** One WebSocket, from its opening to its end, in frames. It answers pings itself. */
export class Link {
  /** When the next `send` frame may leave so that the server does not refuse it; unknown before `ready()`. */
  pace: Pace | undefined;
  readonly #socket: Socket;
  readonly #events: LinkEvents;
  readonly #outbox: Outbox;
  #isClosed = false;
  #heartbeat: Heartbeat | undefined;

  constructor(socket: Socket, events: LinkEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#outbox = new Outbox(socket);
    socket.addEventListener('open', () => {
      if (!this.#isClosed) events.opened();
    });
    socket.addEventListener('message', ({ data }) => this.#read(String(data)));
    // A browser says nothing about an error, and `close` follows it; but Node's `ws` throws one that nobody listens to.
    socket.addEventListener('error', () => {});
    socket.addEventListener('close', ({ code }) => {
      if (this.#stop()) events.ended(closeCodeReconnects(code), code);
    });
  }

  /** Starts the heartbeat and keeps within the server's limits, both as `ready` told them. */
  ready(limits: ConnectionLimits, beatMs: number, times: HeartbeatTimes): void {
    this.#outbox.maxBytes = limits.maxFrameBytes;
    this.pace = new Pace(limits);
    this.#heartbeat = new Heartbeat(
      beatMs,
      times,
      () => this.send(['ping']),
      () => this.#events.ended(true, 4000, new RealtimeError('HEARTBEAT_MISSED', 'No answer came.')),
    );
  }

  /** Sends one frame, as a tuple or as its text, at the end of this tick. Throws `TOO_LARGE`. */
  send(frame: ClientFrame | string): void {
    this.#outbox.add(typeof frame === 'string' ? frame : JSON.stringify(frame));
    this.pace?.spend();
  }

  /** Checks at once whether the server still answers. */
  probe(): void {
    this.#heartbeat?.probe();
  }

  /** Ends the link after what was sent so far. Nothing is reported any more. Does nothing the second time. */
  close(code: number): void {
    if (!this.#stop()) return;
    this.#outbox.flush();
    this.#socket.close(code);
  }

  /** Stops listening and watching, and tells whether it was still doing so. */
  #stop(): boolean {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    this.#heartbeat?.stop();
    return true;
  }

  #read(text: string): void {
    this.#heartbeat?.heard();
    try {
      for (const line of text.split('\n')) {
        // A listener may have closed the client between two frames of one message.
        if (this.#isClosed) return;
        // The server is trusted: a frame of ours is built as the protocol says, an unknown one is ignored by its type.
        const frame = JSON.parse(line) as ServerFrame;
        // What is no list at all throws here.
        const [type] = frame;
        if (type === 'ping') this.send(['pong']);
        else this.#events.received(frame);
      }
    } catch (cause) {
      // Listeners are guarded by their emitters, so what fails here is the frame.
      const error = new RealtimeError('BAD_FRAME', 'This is no JSON.', { cause });
      this.#events.ended(true, 4500, error);
    }
  }
}
