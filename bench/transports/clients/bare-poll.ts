import type { RawClientEvents } from '../../fanout/raw-client.ts';
import { Stopwatch } from './client.ts';
import type { Client } from './client.ts';
import { HttpSocket } from './http-socket.ts';

let clients = 0;

/** A client of the hand-written long-polling, which echoes only. */
export class BarePollClient implements Client {
  count = 0;
  readonly opening: Promise<void>;
  readonly #id = `${process.pid}-${++clients}`;
  readonly #polls: HttpSocket;
  readonly #posts: HttpSocket;
  readonly #stopwatch = new Stopwatch();

  constructor(port: number, { failed }: RawClientEvents) {
    this.#polls = new HttpSocket(port, failed);
    this.#posts = new HttpSocket(port, failed);
    this.opening = Promise.resolve();
    this.#poll().catch((error: unknown) => failed(String(error)));
  }

  async echo(text: string): Promise<number> {
    const answered = this.#stopwatch.start();
    await this.#posts.ask({ method: 'POST', path: `/send?id=${this.#id}`, body: JSON.stringify(text) });
    return answered;
  }

  close(): void {
    this.#polls.close();
    this.#posts.close();
  }

  async #poll(): Promise<void> {
    for (;;) {
      await this.#polls.ask({ method: 'GET', path: `/poll?id=${this.#id}` });
      this.#stopwatch.stop();
    }
  }
}
