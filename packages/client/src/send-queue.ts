import { RealtimeError } from '@rt/protocol';
import { checkChannelName } from './channel-name.ts';
import type { Connection } from './connection.ts';
import { Deferred } from './deferred.ts';
import { MAX_TIMER_MS } from './options.ts';
import { unanswered } from './requests.ts';
import type { Requests, Settle } from './requests.ts';
import { retryAfterMs } from './retry-after.ts';
import { Timer } from './timer.ts';

/** How a message is sent. */
export interface SendOptions {
  /**
   * Not kept and not answered: the promise resolves at once, and while there is no connection, or the server's rate is
   * used up, the message is dropped.
   */
  readonly volatile?: boolean;
}

/** What the server made of a sent message. */
export interface SendResult {
  /** Its place in the channel; absent for a channel without history, and when a handler of the server consumed it. */
  readonly cursor?: string;
}

/** How a method is called. */
export interface CallOptions {
  /** Takes the call back: it rejects with `CANCELLED`, and the method's own signal aborts. */
  readonly signal?: AbortSignal;
  /** How long the answer may take, waiting for a connection included. Default `timeoutMs` of the client. */
  readonly timeoutMs?: number;
  /** It does no harm when it is done twice: where the connection goes before the answer, it is called again. Default `false`. */
  readonly idempotent?: boolean;
}

/** One message or call on its way. */
export interface Send {
  /** Its place among all of the client. */
  readonly order: number;
  /** The frame's type. */
  readonly type: 'send' | 'call';
  /** The frame's fields after its number, up to the publish id. */
  readonly fields: string;
  readonly answer: Deferred<unknown>;
  /** May be sent again where its answer got lost. */
  readonly repeats: boolean;
  /** The number that it was last sent under; 0 before. */
  n: number;
  /** The age of its first copy, in milliseconds, once the answer to one got lost: the server may have the message. */
  ageMs?: () => number;
}

/** How long after its first copy a message may be sent again: the server remembers publish ids for two minutes. */
const RESEND_MS = 90_000;

/** The client's sends and calls: those that wait for their turn, and how each one ends. */
export class SendQueue {
  readonly requests: Requests;
  readonly #limit: number;
  readonly #connection: Connection;
  /** In the order in which they were made; nothing overtakes. */
  readonly #waiting: Send[] = [];
  #lastOrder = 0;
  /** The server asked for silence until then, by `performance.now()`. */
  #pausedUntil = 0;
  readonly #timer = new Timer();

  constructor(limit: number, connection: Connection, requests: Requests) {
    this.#limit = limit;
    this.#connection = connection;
    this.requests = requests;
  }

  /** Sends one message, now or when it may go. */
  async send(channel: string, event: string, data: unknown, options: SendOptions = {}): Promise<SendResult> {
    checkChannelName(channel);
    const fields = jsonTexts(channel, event, data);
    if (options.volatile) {
      if (!this.#connection.sendWaitMs) this.#connection.transmit(`["send",0,${fields}]`);
      return {};
    }
    const cursor = await this.add('send', fields, true).answer.promise;
    return typeof cursor === 'string' ? { cursor } : {};
  }

  /** Sends one message or call, now or when it may go. Throws `QUEUE_FULL`, and why the client is closed. */
  add(type: Send['type'], fields: string, repeats: boolean): Send {
    if (this.#connection.closedBy) throw this.#connection.closedBy;
    const send: Send = { order: ++this.#lastOrder, type, fields, answer: new Deferred(), repeats, n: 0 };
    this.#waiting.push(send);
    this.flush();
    // It is the last one if any waits.
    if (this.#waiting.length > this.#limit) {
      this.#waiting.pop();
      throw new RealtimeError('QUEUE_FULL', `${this.#limit} sends wait.`);
    }
    return send;
  }

  /** Takes one back: it ends with `error`, whatever becomes of it. */
  withdraw(send: Send, error: RealtimeError): void {
    const place = this.#waiting.indexOf(send);
    if (place < 0) this.#connection.transmit(['cancel', send.n]);
    else this.#waiting.splice(place, 1);
    // A refusal that is still on its way must not put it back.
    this.requests.settle(send.n, error);
    send.answer.reject(error);
  }

  /** Sends what may go now, and comes back for the rest. To be called when there is a connection. */
  flush(): void {
    this.#timer.stop();
    for (let send; (send = this.#waiting[0]);) {
      const leftMs = RESEND_MS - (send.ageMs?.() ?? 0);
      const pauseMs = this.#pausedUntil - performance.now();
      const waitMs = Math.min(leftMs, Math.max(pauseMs, this.#connection.sendWaitMs));
      if (waitMs > 0) {
        this.#timer.start(waitMs, () => this.flush());
        return;
      }
      this.#waiting.shift();
      if (leftMs > 0) this.#transmit(send);
      else send.answer.reject(unanswered());
    }
  }

  /** There will be no connection: everything that waited was not sent, or nobody knows. */
  closed(error: RealtimeError): void {
    for (const { answer, ageMs } of this.#waiting.splice(0)) answer.reject(ageMs ? unanswered() : error);
    this.flush();
  }

  #transmit(send: Send): void {
    const { order, type, fields, answer, ageMs = stopwatch() } = send;
    // The instance makes the id unique: the server knows it by both.
    const isCall = type === 'call';
    const id = isCall ? '' : `,"${order}"${send.ageMs ? ',true' : ''}`;
    const settle: Settle = (error, result) => {
      if (this.#connection.state !== 'open' && send.repeats) {
        // It waits for the next connection, before what was never sent.
        send.ageMs = ageMs;
        this.#putBack(send);
      } else if (error?.code === 'RATE_LIMITED') {
        this.#pausedUntil = performance.now() + retryAfterMs(error);
        this.#putBack(send);
      } else if (error) {
        answer.reject(error);
      } else {
        answer.resolve(result);
      }
    };
    try {
      send.n = this.requests.start((n) => `["${type}",${n},${fields}${id}]`, settle, isCall ? MAX_TIMER_MS : undefined);
    } catch (error) {
      answer.reject(error);
    }
  }

  #putBack(send: Send): void {
    this.#waiting.push(send);
    this.#waiting.sort((a, b) => a.order - b.order);
    this.flush();
  }
}

/** Measures the time since now by the clock that went further: one may stop in a sleep, the other may be set. */
function stopwatch(): () => number {
  const [start, startAt] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - start, Date.now() - startAt);
}

/** The fields of a frame, as JSON. Throws `INVALID_DATA`. */
export function jsonTexts(...fields: readonly unknown[]): string {
  try {
    // oxlint-disable-next-line no-unnecessary-type-conversion -- a function has no text: this throws
    return fields.map((field) => JSON.stringify(field ?? null).toString()).join();
  } catch (cause) {
    throw new RealtimeError('INVALID_DATA', 'This is no JSON.', { cause });
  }
}
