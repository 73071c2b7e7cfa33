import type { RawClientEvents } from '../../fanout/raw-client.ts';
import { Stopwatch } from './client.ts';
import type { Client } from './client.ts';
import { headerIn, HttpSocket } from './http-socket.ts';
import { Lines } from './lines.ts';
import { connectFrame, Posts } from './rt-posts.ts';

/** A client of our SSE: a stream that is read line by line, and posts. */
export class RtSseClient implements Client {
  count = 0;
  readonly opening: Promise<void>;
  readonly #stream: HttpSocket;
  readonly #posts: Posts;
  readonly #events: RawClientEvents;
  readonly #stopwatch = new Stopwatch();
  readonly #subscribed = Promise.withResolvers<void>();

  constructor(port: number, events: RawClientEvents) {
    this.#events = events;
    this.#stream = new HttpSocket(port, events.failed);
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
    this.#stream.close();
    this.#posts.close();
  }

  async #open(): Promise<void> {
    const lines = new Lines((bytes, start, end) => this.#readLine(bytes, start, end));
    const asked = {
      method: 'POST',
      path: '/realtime/sse',
      headers: ['Content-Type: application/json'],
      body: connectFrame(),
    };
    const answer = await this.#stream.stream(asked, (bytes) => lines.read(bytes));
    if (answer.status !== 200) throw new Error(answer.head);
    this.#posts.secret = headerIn(answer, 'rt-session');
    await this.#subscribed.promise;
  }

  #readLine(bytes: Buffer, start: number, end: number): void {
    // data: ["m",…
    const type = bytes[start + 8];
    if (type === 0x6d) {
      this.count++;
      this.#events.delivered(bytes, start, end);
    } else if (type === 0x73) this.#subscribed.resolve();
    else if (type === 0x6f || bytes[start + 9] === 0x6f) this.#stopwatch.stop();
    else if (type === 0x70) this.#posts.pong();
  }
}
