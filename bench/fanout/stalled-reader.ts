import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A client of `rt` that subscribes to the channel `bulk` and then reads nothing any more. */
export class StalledReader {
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Resolves when it is subscribed, and has stopped reading. */
  static async open(port: number): Promise<StalledReader> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/realtime/ws`, 'rt.v1');
    await once(socket, 'open');
    const subscribed = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        if (data.toString().includes('["sub",')) resolve();
      });
    });
    socket.send(`["connect",1,"${randomBytes(16).toString('base64url')}",null,[["bulk",null]]]`);
    await subscribed;
    socket.pause();
    return new StalledReader(socket);
  }

  close(): void {
    this.#socket.terminate();
  }
}
