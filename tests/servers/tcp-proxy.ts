import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { freePort, LOOPBACK } from './ports.ts';
import { ProxyLine } from './proxy-line.ts';
import type { Tamper } from './proxy-line.ts';
import { ProxyPipe } from './proxy-pipe.ts';
import type { Framing } from './proxy-pipe.ts';

/** `upstream`: from the clients to the server. `downstream`: from the server to the clients. */
export type Direction = 'upstream' | 'downstream';

export interface ProxyOptions {
  /** The server that it stands in front of. */
  readonly host: string;
  readonly port: number;
  /** Cuts each connection and direction into frames, which then pass whole only. Default: chunks as they come. */
  readonly framing?: () => Framing;
}

const BOTH: readonly Direction[] = ['upstream', 'downstream'];

/**
 * A TCP proxy for faults between clients and one server. Each fault holds for the connections that are there and for those that come,
 * except `cut()`, which is over when it returns.
 */
export class TcpProxy {
  readonly host = LOOPBACK;
  readonly port: number;
  readonly #options: ProxyOptions;
  readonly #lines = { upstream: new ProxyLine(), downstream: new ProxyLine() };
  readonly #resets = new Set<() => void>();
  #server: Server | undefined;

  constructor(options: ProxyOptions, port: number) {
    this.#options = options;
    this.port = port;
  }

  /** How many connections go through it now. */
  get connections(): number {
    return this.#resets.size;
  }

  /** The server's URL with this proxy in its place: scheme, user, password and path stay. */
  url(server: string): string {
    const url = new URL(server);
    url.hostname = this.host;
    url.port = String(this.port);
    return url.href;
  }

  /** Everything arrives this much later, each way. */
  latency(ms: number, directions: readonly Direction[] = BOTH): void {
    for (const direction of directions) this.#lines[direction].latencyMs = ms;
  }

  /** No connection carries more than this, each way. `Infinity` lifts it. */
  bandwidth(bytesPerSecond: number, directions: readonly Direction[] = BOTH): void {
    for (const direction of directions) this.#lines[direction].bytesPerSecond = bytesPerSecond;
  }

  /** Ends every connection at once, both sides with a reset (RST). New ones are taken as before. */
  cut(): void {
    for (const reset of this.#resets) reset();
  }

  /** From now on new connections are refused (ECONNREFUSED). Those that are there stay; `cut()` ends them. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    // It stops listening at once; its `close` event would wait for the connections.
    server?.close();
    // Connections that the system had taken already come with the next turn of the event loop.
    await new Promise(setImmediate);
  }

  /** Takes new connections again after `refuse()`. */
  async accept(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#connect(client));
    this.#server = server;
    server.listen(this.port, this.host);
    await once(server, 'listening');
  }

  /** Holds back what is sent, without a sign to either side, until `resume()`. New connections are taken and held too. */
  stall(directions: readonly Direction[] = BOTH): void {
    for (const direction of directions) this.#lines[direction].stall();
  }

  /** What was held back arrives, in order. */
  resume(directions: readonly Direction[] = BOTH): void {
    for (const direction of directions) this.#lines[direction].resume();
  }

  /** Lets `tamper` change or drop each frame (each chunk, without a framing). Returns what ends that. */
  tamper(direction: Direction, tamper: Tamper): () => void {
    return this.#lines[direction].add(tamper);
  }

  /** Swallows the next frame that `matches`, on whatever connection, and resolves with it. */
  dropNext(direction: Direction, matches: (frame: Buffer) => boolean): Promise<Buffer> {
    return new Promise((resolve) => {
      const undo = this.tamper(direction, (frame) => {
        if (!matches(frame)) return frame;
        undo();
        resolve(frame);
        return undefined;
      });
    });
  }

  /** Ends all connections and stops listening. */
  async close(): Promise<void> {
    await this.refuse();
    this.cut();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #connect(client: Socket): void {
    const { host, port, framing } = this.#options;
    const server = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const pipes = [
      new ProxyPipe(client, server, this.#lines.upstream, framing?.()),
      new ProxyPipe(server, client, this.#lines.downstream, framing?.()),
    ];
    const sockets = [client, server];
    const reset = (): void => {
      for (const socket of sockets) socket.resetAndDestroy();
    };
    this.#resets.add(reset);
    for (const socket of sockets) {
      // Whatever ends one side badly ends the other side badly.
      socket.on('error', reset);
      socket.on('close', () => {
        if (sockets.some((each) => !each.destroyed)) return;
        this.#resets.delete(reset);
        for (const pipe of pipes) pipe.close();
      });
    }
  }
}

/** Starts a proxy in front of a server, on `port` or else a free one, which stays the same whatever happens. */
export async function startProxy(options: ProxyOptions, port?: number): Promise<TcpProxy> {
  const proxy = new TcpProxy(options, port ?? (await freePort()));
  await proxy.accept();
  return proxy;
}
