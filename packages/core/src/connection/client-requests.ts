import { errorTable, eventNameProblem, isErrorCode, RealtimeError } from '@rt/protocol';
import type { JsonValue } from '@rt/protocol';
import type { Clock } from '../contracts/clock.ts';
import type { RequestOptions } from './client-connection.ts';
import type { Connection } from './connection.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 600_000;

/** What a client is asked. */
export interface ClientQuestion extends RequestOptions {
  readonly event: string;
  readonly data?: unknown;
}

/** Ends one question: with its error, or else with its answer. */
type Settle = (error: RealtimeError | undefined, result?: JsonValue) => void;

/** What this node asked its clients, until they answer, their time is over or they go. Nothing is kept for those who are not asked. */
export class ClientRequests {
  readonly #clock: Clock;
  readonly #dataText: (data: unknown) => string;
  /** By connection, so that another client can't answer; then by number. */
  readonly #open = new Map<Connection, Map<number, Settle>>();
  #count = 0;

  /** `dataText` writes data as JSON; throws `INVALID_DATA` or `TOO_LARGE`. */
  constructor(clock: Clock, dataText: (data: unknown) => string) {
    this.#clock = clock;
    this.#dataText = dataText;
  }

  async ask(connection: Connection, { event, data, timeoutMs }: ClientQuestion): Promise<JsonValue> {
    const waitMs = requestTimeout(timeoutMs);
    const problem = eventNameProblem(event);
    if (problem !== undefined) throw new RealtimeError('BAD_NAME', problem);
    const text = this.#dataText(data);
    if (connection.state !== 'open')
      throw new RealtimeError('UNKNOWN_CONNECTION', errorTable.UNKNOWN_CONNECTION.message);
    const n = ++this.#count;
    const answered = Promise.withResolvers<JsonValue>();
    const cancel = this.#clock.after(waitMs, () => {
      this.#settle(connection, n, new RealtimeError('DEADLINE', `the client did not answer within ${waitMs} ms`));
    });
    const open = this.#open.get(connection) ?? new Map<number, Settle>();
    this.#open.set(connection, open);
    open.set(n, (error, result = null) => {
      cancel();
      if (error === undefined) answered.resolve(result);
      else answered.reject(error);
    });
    connection.send(`["call",${n},${JSON.stringify(event)},${text}]`);
    return answered.promise;
  }

  /** The client answered. What it was not asked, or answered before, is ignored. */
  answered(connection: Connection, n: number, result: JsonValue | undefined): void {
    this.#settle(connection, n, undefined, result);
  }

  /** The client refused; its code may be one that this version does not know. */
  refused(connection: Connection, n: number, error: { readonly code: string; readonly message: string }): void {
    const code = isErrorCode(error.code) ? error.code : 'HANDLER_FAILED';
    this.#settle(connection, n, new RealtimeError(code, error.message));
  }

  /** The client is gone. */
  ended(connection: Connection): void {
    for (const n of this.#open.get(connection)?.keys() ?? []) {
      this.#settle(connection, n, new RealtimeError('OUTCOME_UNKNOWN', 'the client went before it answered'));
    }
  }

  #settle(connection: Connection, n: number, ...outcome: Parameters<Settle>): void {
    const open = this.#open.get(connection);
    const settle = open?.get(n);
    if (open === undefined || settle === undefined) return;
    open.delete(n);
    if (open.size === 0) this.#open.delete(connection);
    settle(...outcome);
  }
}

/** `timeoutMs` or its default. Throws `BAD_OPTION`. */
export function requestTimeout(timeoutMs = DEFAULT_TIMEOUT_MS): number {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS) return timeoutMs;
  throw new RealtimeError('BAD_OPTION', `timeoutMs is ${timeoutMs}; allowed: 1 to ${MAX_TIMEOUT_MS}`);
}
