import { SUB_PROTOCOL } from '@rt/protocol';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';

type Frame = readonly [type: string, n: number, result: unknown];

/** What became of the calls. */
export interface CallOutcome {
  readonly ms: number;
  /** Answers that were those of another call, or refusals. */
  readonly wrong: number;
}

/** Clients of their own for a server, each with its share of the calls. */
export class Callers {
  readonly #sockets: readonly WebSocket[];

  private constructor(sockets: readonly WebSocket[]) {
    this.#sockets = sockets;
  }

  /** Connects `count` clients to the server at `url`. */
  static async connect(url: string, count: number): Promise<Callers> {
    const address = `${url.replace('http', 'ws')}/realtime/ws`;
    const sockets = Array.from({ length: count }, () => new WebSocket(address, SUB_PROTOCOL));
    await Promise.all(
      sockets.map(async (socket) => {
        await once(socket, 'open');
        const ready = once(socket, 'message');
        socket.send(JSON.stringify(['connect', 1, randomBytes(16).toString('base64url')]));
        await ready;
      }),
    );
    return new Callers(sockets);
  }

  /** Makes `total` calls at once, and waits for the answers. */
  async call(total: number): Promise<CallOutcome> {
    const all = Promise.withResolvers<void>();
    let [answered, wrong] = [0, 0];
    for (const socket of this.#sockets) {
      socket.on('message', (message: Buffer) => {
        for (const line of message.toString().split('\n')) {
          const [type, n, result] = JSON.parse(line) as Frame;
          if (type === 'ping') {
            socket.send('["pong"]');
            continue;
          }
          if (type !== 'ok' || result !== n) wrong++;
          if (++answered === total) all.resolve();
        }
      });
    }
    const startedAt = performance.now();
    for (let n = 1; n <= total; n++) {
      this.#sockets[n % this.#sockets.length]!.send(JSON.stringify(['call', n, 'wait', n]));
    }
    await all.promise;
    return { ms: performance.now() - startedAt, wrong };
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
  }
}
