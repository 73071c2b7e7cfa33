import type { RawClientEvents } from '../../fanout/raw-client.ts';
import { Stopwatch } from './client.ts';
import type { Client } from './client.ts';
import { headerIn, HttpSocket } from './http-socket.ts';
import { connectFrame, Posts } from './rt-posts.ts';

const LF = 0x0a;

/** A client of our long-polling: a poll after the other, and posts. */
export class RtPollClient implements Client {
  count = 0;
  readonly opening: Promise<void>;
  readonly #polls: HttpSocket;
  readonly #posts: Posts;
  readonly #events: RawClientEvents;
  readonly #stopwatch = new Stopwatch();
  readonly #subscribed = Promise.withResolvers<void>();
  #sequence = '';

  constructor(port: number, events: RawClientEvents) {
    this.#events = events;
    this.#polls = new HttpSocket(port, events.failed);
    this.#posts = new Posts(port, events.failed);
    this.opening = this.#open();
  }

  async echo(): Promise<number> {
    const answered = this.#stopwatch.start();
    await this.#posts.ping();
    return answered;
  }

  async call(text: string): Promise<number> {
    const answered = this.#stopwatch.start();
    await this.#posts.call(text);
    return answered;
  }

  close(): void {
    this.#polls.close();
    this.#posts.close();
  }

  async #open(): Promise<void> {
    const headers = ['Content-Type: application/json'];
    const opened = await this.#polls.ask({ method: 'POST', path: '/realtime/poll', headers, body: connectFrame() });
    if (opened.status !== 200) throw new Error(opened.head);
    this.#posts.secret = headerIn(opened, 'rt-session');
    this.#sequence = headerIn(opened, 'rt-sequence');
    this.#read(opened.body);
    this.#poll().catch((error: unknown) => this.#events.failed(String(error)));
    await this.#subscribed.promise;
  }

  async #poll(): Promise<void> {
    for (;;) {
      const headers = [`rt-session: ${this.#posts.secret}`, `rt-sequence: ${this.#sequence}`];
      const answer = await this.#polls.ask({ method: 'POST', path: '/realtime/poll', headers });
      if (answer.status !== 200 && answer.status !== 204) throw new Error(answer.head);
      if (answer.status === 204) continue;
      this.#read(answer.body);
      this.#sequence = headerIn(answer, 'rt-sequence');
    }
  }

  #read(body: Buffer): void {
    let start = 0;
    while (start < body.length) {
      const lineFeed = body.indexOf(LF, start);
      const end = lineFeed === -1 ? body.length : lineFeed;
      // ["m",…
      const type = body[start + 2];
      if (type === 0x6d) {
        this.count++;
        this.#events.delivered(body, start, end);
      } else if (type === 0x73) this.#subscribed.resolve();
      else if (type === 0x6f || body[start + 3] === 0x6f) this.#stopwatch.stop();
      else if (type === 0x70) this.#posts.pong();
      start = end + 1;
    }
  }
}
