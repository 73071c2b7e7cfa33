import type { Socket } from '../socket.ts';

/** The first wait is this part of the longest one; each that follows is twice as long. */
const FIRST_PART = 1 / 16;

/** Tries for a WebSocket while a lesser transport is in use, ever more seldom, and keeps the one that opens. */
export class Upgrade {
  readonly #open: () => Socket;
  readonly #timeoutMs: number;
  readonly #maxWaitMs: number;
  readonly #succeeded: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waitMs = 0;
  /** The one that is tried or was won. */
  #socket: Socket | undefined;
  #isOpen = false;

  constructor(
    open: () => Socket,
    times: { readonly timeoutMs: number; readonly maxWaitMs: number },
    succeeded: () => void,
  ) {
    this.#open = open;
    this.#timeoutMs = times.timeoutMs;
    this.#maxWaitMs = times.maxWaitMs;
    this.#succeeded = succeeded;
  }

  /** Tries from now on. */
  start(): void {
    this.#waitMs = this.#maxWaitMs * FIRST_PART;
    this.#wait();
  }

  /** Tries no more. One that has been won stays. */
  stop(): void {
    if (this.#isOpen) return;
    clearTimeout(this.#timer);
    this.#drop();
  }

  /** Hands out the open socket, if there is one. */
  take(): Socket | undefined {
    const socket = this.#isOpen ? this.#socket : undefined;
    if (socket) {
      clearTimeout(this.#timer);
      this.#forget();
    }
    return socket;
  }

  #wait(): void {
    // Random, so that the clients of a node that was away don't come at the same moment.
    this.#timer = setTimeout(() => this.#try(), this.#waitMs * (0.5 + Math.random() / 2));
    this.#waitMs = Math.min(this.#waitMs * 2, this.#maxWaitMs);
  }

  #try(): void {
    const socket = this.#open();
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#failed(socket), this.#timeoutMs);
    socket.addEventListener('error', () => {});
    socket.addEventListener('close', () => this.#failed(socket));
    socket.addEventListener('open', () => {
      if (this.#socket !== socket) return;
      // The time goes on: it is closed if nobody takes it, because the client was closed meanwhile.
      this.#isOpen = true;
      this.#succeeded();
    });
  }

  #failed(socket: Socket): void {
    if (this.#socket !== socket) return;
    clearTimeout(this.#timer);
    const wasTried = !this.#isOpen;
    this.#drop();
    // Else the client has left its transport for it already.
    if (wasTried) this.#wait();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#forget();
    socket?.close(1000);
  }

  #forget(): void {
    this.#socket = undefined;
    this.#isOpen = false;
  }
}
