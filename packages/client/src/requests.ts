import { RealtimeError } from '@rt/protocol';
import type { ClientFrame } from '@rt/protocol';
import type { Connection } from './connection.ts';

/** The frame under the number that its answer will bear. */
export type NumberedFrame = (n: number) => ClientFrame | string;

/** Gets the answer to a request, once: its error, or else its result. */
export type Settle = (error: RealtimeError | undefined, result?: unknown) => void;

/** The numbered frames that were sent and are not answered yet. */
export class Requests {
  /** How long an answer may take. */
  readonly timeoutMs: number;
  readonly #connection: Connection;
  readonly #unanswered = new Map<number, Settle>();
  #lastNumber = 0;

  constructor(timeoutMs: number, connection: Connection) {
    this.timeoutMs = timeoutMs;
    this.#connection = connection;
  }

  /** A number that no other request of this client has. */
  nextNumber(): number {
    return ++this.#lastNumber;
  }

  /**
   * Sends one frame and calls `settle` with the server's answer, or with `OUTCOME_UNKNOWN` when none came in time.
   * Returns the frame's number. Throws `TOO_LARGE`.
   */
  start(frame: NumberedFrame, settle: Settle, timeoutMs = this.timeoutMs): number {
    const n = this.nextNumber();
    this.#connection.transmit(frame(n));
    const timer = setTimeout(() => this.settle(n, unanswered()), timeoutMs);
    this.#unanswered.set(n, (error, result) => {
      clearTimeout(timer);
      settle(error, result);
    });
    return n;
  }

  /** Sends one frame and resolves with the answer's result, or rejects as `start` settles and throws. */
  ask(frame: NumberedFrame): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.start(frame, (error, result) => (error ? reject(error) : resolve(result)));
    });
  }

  /** The server answered. A late answer is ignored: its deadline was reported. */
  settle(n: number, error: RealtimeError | undefined, result?: unknown): void {
    const settle = this.#unanswered.get(n);
    this.#unanswered.delete(n);
    settle?.(error, result);
  }

  /** The connection is gone: what was asked may have been done. */
  lost(): void {
    for (const n of this.#unanswered.keys()) this.settle(n, unanswered());
  }
}

/** What becomes of a request whose answer did not come in time, or whose connection went before. */
export function unanswered(): RealtimeError {
  return new RealtimeError('OUTCOME_UNKNOWN', 'No answer came.');
}
