import { RealtimeError } from '@rt/protocol';
import { checkChannelName } from './channel-name.ts';
import type { Connection } from './connection.ts';
import { Deferred } from './deferred.ts';
import type { Requests } from './requests.ts';

/** How a message is sent. */
export interface SendOptions {
  /** Not kept and not answered: the promise resolves at once, and while there is no connection it is dropped. */
  readonly volatile?: boolean;
}

/** What the server made of a sent message. */
export interface SendResult {
  /** Its place in the channel; absent for a channel without history, and when a handler of the server consumed it. */
  readonly cursor?: string;
}

type NumberedFrame = (n: number) => string;

interface Waiting {
  readonly frame: NumberedFrame;
  readonly turn: Deferred<unknown>;
}

/** The client's sends: those that wait for a connection, in order, and how each one ends. */
export class SendQueue {
  readonly #limit: number;
  readonly #connection: Connection;
  readonly #requests: Requests;
  #waiting: Waiting[] = [];

  constructor(limit: number, connection: Connection, requests: Requests) {
    this.#limit = limit;
    this.#connection = connection;
    this.#requests = requests;
  }

  /** Sends one message, now or when there is a connection. */
  async send(channel: string, event: string, data: unknown, options: SendOptions = {}): Promise<SendResult> {
    checkChannelName(channel);
    const fields = `${JSON.stringify(channel)},${JSON.stringify(event)},${jsonText(data)}`;
    const frame: NumberedFrame = (n) => `["send",${n},${fields}]`;
    if (options.volatile) {
      this.#connection.transmit(frame(0));
      return {};
    }
    if (this.#connection.closedBy) throw this.#connection.closedBy;
    return sendResult(await (this.#connection.state === 'open' ? this.#requests.ask(frame) : this.#queue(frame)));
  }

  /** There is a connection: everything that waited goes out, before anything newer. */
  opened(): void {
    for (const { frame, turn } of this.#waiting.splice(0)) turn.resolve(this.#requests.ask(frame));
  }

  /** There will be no connection: everything that waited was not sent. */
  closed(error: RealtimeError): void {
    for (const { turn } of this.#waiting.splice(0)) turn.reject(error);
  }

  #queue(frame: NumberedFrame): Promise<unknown> {
    if (this.#waiting.length >= this.#limit) {
      throw new RealtimeError('QUEUE_FULL', `${this.#limit} sends wait for a connection already.`);
    }
    const turn = new Deferred<unknown>();
    this.#waiting.push({ frame, turn });
    return turn.promise;
  }
}

function jsonText(data: unknown): string {
  let text: unknown;
  let cause: unknown;
  try {
    // `undefined` for a function or a symbol, whatever its type says.
    text = JSON.stringify(data ?? null);
  } catch (error) {
    cause = error;
  }
  if (typeof text !== 'string') throw new RealtimeError('INVALID_DATA', 'The data is not JSON.', { cause });
  return text;
}

function sendResult(result: unknown): SendResult {
  return typeof result === 'string' ? { cursor: result } : {};
}
