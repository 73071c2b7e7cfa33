import { RealtimeError } from '@rt/protocol';
import { checkChannelName } from './channel-name.ts';
import type { Connection } from './connection.ts';
import { Deferred } from './deferred.ts';
import { unanswered } from './requests.ts';
import type { Requests } from './requests.ts';
import { retryAfterMs } from './retry-after.ts';

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

/** One message on its way. */
interface Send {
  /** The message's place among all sends of the client. */
  readonly order: number;
  /** The frame's fields after its number, up to the publish id. */
  readonly fields: string;
  readonly answer: Deferred<unknown>;
  /** The age of its first copy, in milliseconds. Absent while the server can't have it. */
  ageMs?: () => number;
  /** The answer to a copy got lost with its connection: the server may have the message. */
  isDoubtful: boolean;
}

/** How long after its first copy a message may be sent again: the server remembers publish ids for two minutes. */
const RESEND_MS = 90_000;

/** The client's sends: those that wait for their turn, those that wait for their answer, and how each one ends. */
export class SendQueue {
  readonly #limit: number;
  readonly #connection: Connection;
  readonly #requests: Requests;
  /** In the order in which they were made; nothing overtakes. */
  readonly #waiting: Send[] = [];
  readonly #unanswered = new Set<Send>();
  #lastOrder = 0;
  /** The server asked for silence until then, by `performance.now()`. */
  #pausedUntil = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limit: number, connection: Connection, requests: Requests) {
    this.#limit = limit;
    this.#connection = connection;
    this.#requests = requests;
  }

  /** Sends one message, now or when it may go. */
  async send(channel: string, event: string, data: unknown, options: SendOptions = {}): Promise<SendResult> {
    checkChannelName(channel);
    const fields = `${JSON.stringify(channel)},${JSON.stringify(event)},${jsonText(data)}`;
    if (options.volatile) {
      if (!this.#connection.sendWaitMs) this.#connection.transmit(`["send",0,${fields}]`);
      return {};
    }
    if (this.#connection.closedBy) throw this.#connection.closedBy;
    const send: Send = { order: ++this.#lastOrder, fields, answer: new Deferred(), isDoubtful: false };
    this.#waiting.push(send);
    this.flush();
    // It is the last one if any waits.
    if (this.#waiting.length > this.#limit) {
      this.#waiting.pop();
      throw new RealtimeError('QUEUE_FULL', `${this.#limit} sends wait already.`);
    }
    const cursor = await send.answer.promise;
    return typeof cursor === 'string' ? { cursor } : {};
  }

  /** Sends what may go now, and comes back for the rest. To be called when there is a connection. */
  flush(): void {
    clearTimeout(this.#timer);
    for (let send; (send = this.#waiting[0]);) {
      const leftMs = RESEND_MS - ((send.isDoubtful && send.ageMs?.()) || 0);
      const pauseMs = this.#pausedUntil - performance.now();
      const waitMs = Math.min(leftMs, Math.max(pauseMs, this.#connection.sendWaitMs));
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.flush(), waitMs);
        return;
      }
      this.#waiting.shift();
      if (leftMs > 0) this.#transmit(send);
      else send.answer.reject(unanswered());
    }
  }

  /** The connection is gone: what is unanswered waits for the next one, before what was never sent. */
  lost(): void {
    for (const send of this.#unanswered) {
      send.isDoubtful = true;
      this.#putBack(send);
    }
    this.#unanswered.clear();
    this.flush();
  }

  /** There will be no connection: everything that waited was not sent, or nobody knows. */
  closed(error: RealtimeError): void {
    for (const { answer, isDoubtful } of this.#waiting.splice(0)) answer.reject(isDoubtful ? unanswered() : error);
    this.flush();
  }

  #transmit(send: Send): void {
    const { order, fields, answer, isDoubtful } = send;
    // The instance makes the id unique: the server knows it by both.
    const frame = (n: number): string => `["send",${n},${fields},"${order}"${isDoubtful ? ',true' : ''}]`;
    try {
      this.#requests.start(frame, (error, result) => {
        // Else its connection went, and it waits for the next one.
        if (!this.#unanswered.delete(send)) return;
        if (error?.code === 'RATE_LIMITED') {
          this.#pausedUntil = performance.now() + retryAfterMs(error);
          this.#putBack(send);
          this.flush();
        } else if (error) {
          answer.reject(error);
        } else {
          answer.resolve(result);
        }
      });
      this.#unanswered.add(send);
      if (!isDoubtful) send.ageMs = stopwatch();
    } catch (error) {
      answer.reject(error);
    }
  }

  #putBack(send: Send): void {
    this.#waiting.push(send);
    this.#waiting.sort((a, b) => a.order - b.order);
  }
}

/** Measures the time since now by the clock that went further: one may stop in a sleep, the other may be set. */
function stopwatch(): () => number {
  const [start, startAt] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - start, Date.now() - startAt);
}

function jsonText(data: unknown): string {
  try {
    // oxlint-disable-next-line no-unnecessary-type-conversion -- a function has no text: this throws
    return JSON.stringify(data ?? null).toString();
  } catch (cause) {
    throw new RealtimeError('INVALID_DATA', 'The data is not JSON.', { cause });
  }
}
