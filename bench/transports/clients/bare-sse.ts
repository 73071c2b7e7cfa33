import type { RawClientEvents } from '../../fanout/raw-client.ts';
import { Stopwatch } from './client.ts';
import type { Client } from './client.ts';
import { HttpSocket } from './http-socket.ts';
import { Lines } from './lines.ts';

let clients = 0;

/** A client of the hand-written SSE. */
export class BareSseClient implements Client {
  count = 0;
  readonly opening: Promise<void>;
  readonly #id = `${process.pid}-${++clients}`;
  readonly #port: number;
  readonly #stream: HttpSocket;
  readonly #events: RawClientEvents;
  readonly #stopwatch = new Stopwatch();
  #posts: HttpSocket | undefined;

  constructor(port: number, events: RawClientEvents) {
    this.#port = port;
    this.#events = events;
    this.#stream = new HttpSocket(port, events.failed);
    this.opening = this.#open();
  }

  async echo(text: string): Promise<number> {
    this.#posts ??= new HttpSocket(this.#port, this.#events.failed);
    const answered = this.#stopwatch.start();
    await this.#posts.ask({ method: 'POST', path: `/send?id=${this.#id}`, body: JSON.stringify(text) });
    return answered;
  }

  close(): void {
    this.#stream.close();
    this.#posts?.close();
  }

  async #open(): Promise<void> {
    const lines = new Lines((bytes, start, end) => {
      // Its body is chunked: between the lines of events are those of chunks.
      if (bytes[start] !== 0x64 || bytes[start + 4] !== 0x3a) return;
      // data: "… is an echo, data: {… a message.
      if (bytes[start + 6] === 0x22) this.#stopwatch.stop();
      else {
        this.count++;
        this.#events.delivered(bytes, start, end);
      }
    });
    const asked = { method: 'GET', path: `/events?id=${this.#id}` };
    const { status, head } = await this.#stream.stream(asked, (bytes) => lines.read(bytes));
    if (status !== 200) throw new Error(head);
  }
}
