import { WebSocket } from 'ws';
import type { RawClientEvents } from '../../fanout/raw-client.ts';
import { Stopwatch } from './client.ts';
import type { Client } from './client.ts';
import { connectFrame } from './rt-posts.ts';

/** A client made of `ws` that echoes. */
export class WsClient implements Client {
  count = 0;
  readonly opening: Promise<void>;
  readonly #socket: WebSocket;
  readonly #isOurs: boolean;
  readonly #stopwatch = new Stopwatch();
  #calls = 0;

  constructor(port: number, { failed }: RawClientEvents, isOurs: boolean) {
    this.#isOurs = isOurs;
    const url = `ws://127.0.0.1:${port}`;
    this.#socket = isOurs ? new WebSocket(`${url}/realtime/ws`, 'rt.v1') : new WebSocket(url);
    this.#socket.on('error', ({ message }) => failed(message));
    this.opening = new Promise((resolve) => {
      this.#socket.on('open', () => (isOurs ? this.#socket.send(connectFrame()) : resolve()));
      this.#socket.on('message', (data: Buffer) => {
        const text = data.toString();
        if (!isOurs || text.startsWith('["ok"') || text === '["pong"]') this.#stopwatch.stop();
        else if (text.includes('["sub"')) resolve();
        else if (text === '["ping"]') this.#socket.send('["pong"]');
      });
    });
  }

  echo(text: string): Promise<number> {
    const answered = this.#stopwatch.start();
    this.#socket.send(this.#isOurs ? '["ping"]' : JSON.stringify(text));
    return answered;
  }

  call(text: string): Promise<number> {
    const answered = this.#stopwatch.start();
    this.#socket.send(`["call",${++this.#calls},"echo",${JSON.stringify(text)}]`);
    return answered;
  }

  close(): void {
    this.#socket.terminate();
  }
}
