import type { RawClientEvents } from '../../fanout/raw-client.ts';
import type { Client } from './client.ts';
import { HttpSocket } from './http-socket.ts';

/** Between packets in one answer (Engine.IO protocol 4). */
const SEPARATOR = 0x1e;
const PATH = '/socket.io/?EIO=4&transport=polling';

/** A client of Socket.IO's polling: one poll after the other, and posts for what the protocol wants said. */
export class SocketIoClient implements Client {
  count = 0;
  readonly opening: Promise<void>;
  readonly #polls: HttpSocket;
  readonly #posts: HttpSocket;
  readonly #events: RawClientEvents;
  readonly #connected = Promise.withResolvers<void>();
  #path = PATH;

  constructor(port: number, events: RawClientEvents) {
    this.#events = events;
    this.#polls = new HttpSocket(port, events.failed);
    this.#posts = new HttpSocket(port, events.failed);
    this.opening = this.#open();
  }

  close(): void {
    this.#polls.close();
    this.#posts.close();
  }

  async #open(): Promise<void> {
    const opened = await this.#polls.ask({ method: 'GET', path: PATH });
    const { sid } = JSON.parse(opened.body.toString().slice(1)) as { sid: string };
    this.#path = `${PATH}&sid=${sid}`;
    await this.#post('40');
    this.#poll().catch((error: unknown) => this.#events.failed(String(error)));
    await this.#connected.promise;
  }

  async #post(body: string): Promise<void> {
    const headers = ['Content-Type: text/plain;charset=UTF-8'];
    const { status, head } = await this.#posts.ask({ method: 'POST', path: this.#path, headers, body });
    if (status !== 200) throw new Error(head);
  }

  async #poll(): Promise<void> {
    for (;;) {
      const { status, head, body } = await this.#polls.ask({ method: 'GET', path: this.#path });
      if (status !== 200) throw new Error(head);
      let start = 0;
      while (start < body.length) {
        const separator = body.indexOf(SEPARATOR, start);
        const end = separator === -1 ? body.length : separator;
        await this.#read(body, start, end);
        start = end + 1;
      }
    }
  }

  /** `42…` is a message, `40…` that it is connected, `2` a ping. */
  #read(body: Buffer, start: number, end: number): Promise<void> | undefined {
    if (body[start] === 0x32) return this.#post('3');
    if (body[start + 1] === 0x30) this.#connected.resolve();
    else {
      this.count++;
      this.#events.delivered(body, start, end);
    }
    return undefined;
  }
}
