import { RealtimeError } from '@rt/protocol';
import type { Connection } from './connection.ts';
import { Deferred } from './deferred.ts';

interface Unanswered {
  readonly answer: Deferred<unknown>;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** The numbered frames that were sent and are not answered yet. */
export class Requests {
  readonly #timeoutMs: number;
  readonly #connection: Connection;
  readonly #unanswered = new Map<number, Unanswered>();
  #lastNumber = 0;

  constructor(timeoutMs: number, connection: Connection) {
    this.#timeoutMs = timeoutMs;
    this.#connection = connection;
  }

  /** A number that no other request of this client has. */
  nextNumber(): number {
    return ++this.#lastNumber;
  }

  /**
   * Sends one frame and resolves with the answer's result.
   * Rejects with the server's error, with `TOO_LARGE`, or with `OUTCOME_UNKNOWN` when no answer came.
   */
  async ask(frame: (n: number) => string): Promise<unknown> {
    const n = this.nextNumber();
    this.#connection.transmit(frame(n));
    const answer = new Deferred<unknown>();
    const timer = setTimeout(() => {
      this.refused(n, new RealtimeError('OUTCOME_UNKNOWN', `The server did not answer within ${this.#timeoutMs} ms.`));
    }, this.#timeoutMs);
    this.#unanswered.set(n, { answer, timer });
    return answer.promise;
  }

  /** The server answered `ok`. A late answer is ignored: its deadline was reported. */
  answered(n: number, result: unknown): void {
    this.#take(n)?.resolve(result);
  }

  /** The server answered `err`. */
  refused(n: number, error: RealtimeError): void {
    this.#take(n)?.reject(error);
  }

  /** The connection is gone: what was asked may have been done. */
  lost(): void {
    for (const n of [...this.#unanswered.keys()]) {
      this.refused(n, new RealtimeError('OUTCOME_UNKNOWN', 'The connection went before the answer came.'));
    }
  }

  #take(n: number): Deferred<unknown> | undefined {
    const request = this.#unanswered.get(n);
    this.#unanswered.delete(n);
    clearTimeout(request?.timer);
    return request?.answer;
  }
}
