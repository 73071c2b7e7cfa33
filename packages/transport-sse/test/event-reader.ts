import { Inbox } from '@rt/core/conformance';
import { once } from 'node:events';
import { request } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';
import { EventParser } from './event-parser.ts';
import type { StreamEvent } from './event-parser.ts';

/** What is asked for; with a body it is a POST of JSON. */
export interface Asking {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

/** The answer to one request, read as a stream of events with nothing of ours. */
export class EventReader {
  readonly events = new Inbox<StreamEvent>();
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** All that came. */
  text = '';
  /** `true` where the server ended it, `false` where it broke. */
  readonly ended: Promise<boolean>;
  readonly #request: ClientRequest;
  readonly #response: IncomingMessage;
  readonly #parser = new EventParser();

  private constructor(req: ClientRequest, res: IncomingMessage) {
    this.#request = req;
    this.#response = res;
    this.status = res.statusCode ?? 0;
    this.headers = res.headers;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.ended = promise;
    res.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    res.on('end', () => resolve(true));
    res.on('error', () => resolve(false));
    res.on('close', () => resolve(false));
  }

  /** Resolves when the head of the answer is there. */
  static async open(url: string, { method, headers = {}, body }: Asking = {}): Promise<EventReader> {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const req = request(url, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...type, ...headers },
      agent: false,
    });
    onTestFinished(() => void req.destroy());
    req.end(body);
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    // What breaks from here on is the response.
    req.on('error', () => undefined);
    return new EventReader(req, res);
  }

  /** The next event. */
  next(): Promise<StreamEvent> {
    return this.events.next('an event');
  }

  /** What the server said instead of a stream. */
  async error(): Promise<{ readonly code: string; readonly message: string; readonly retryable: boolean }> {
    await this.ended;
    const { error } = JSON.parse(this.text) as { error: { code: string; message: string; retryable: boolean } };
    return error;
  }

  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  /** Is gone, without a word. */
  destroy(): void {
    this.#request.destroy();
  }

  #read(text: string): void {
    this.text += text;
    for (const event of this.#parser.read(text)) this.events.push(event);
  }
}
