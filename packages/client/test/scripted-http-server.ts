import { SUB_PROTOCOL } from '@rt/protocol';
import type { ServerFrame } from '@rt/protocol';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { Inbox } from './inbox.ts';
import { Peer } from './scripted-server.ts';

/** What becomes of WebSocket upgrades: refused, never answered, or taken. */
export type Upgrades = 'refuse' | 'swallow' | 'accept';

/** A real HTTP server that answers what a test tells it to. What is not asked for waits. */
export class ScriptedHttpServer {
  /** Every request that is not answered by itself, in order. */
  readonly requests = new Inbox<Exchange>();
  /** The WebSockets that were taken. */
  readonly peers = new Inbox<Peer>();
  /** What came in, in words: `POST /poll`, `upgrade`. */
  readonly seen: string[] = [];
  upgrades: Upgrades = 'refuse';
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has(SUB_PROTOCOL) ? SUB_PROTOCOL : false),
  });

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (req, res) => void this.#take(req, res));
    server.on('upgrade', (req, socket, head) => this.#upgrade(req, socket, head));
  }

  /** Ends with the test. */
  static async start(): Promise<ScriptedHttpServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return new ScriptedHttpServer(server);
  }

  get url(): string {
    // A server that listens on a port has such an address.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next request to a route; those to others are left out. */
  next(route: string): Promise<Exchange> {
    return this.requests.find((exchange) => exchange.route === route);
  }

  /** Cuts everything that is under way. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  async #take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const route = `${req.method} ${(req.url ?? '').replace('/realtime', '')}`;
    this.seen.push(route);
    // A request that is cut while it comes in is nobody's.
    const body = await text(req).catch(() => undefined);
    if (body !== undefined) this.requests.push(new Exchange(route, body, req, res));
  }

  #upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.seen.push('upgrade');
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    if (this.upgrades === 'refuse') socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
    if (this.upgrades !== 'accept') return;
    this.#sockets.handleUpgrade(req, socket, head, (taken) => this.peers.push(new Peer(taken, req.url ?? '')));
  }
}

/** One request, seen from the server. */
export class Exchange {
  readonly route: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
  /** The client is gone before the answer's end. */
  readonly aborted: Promise<void>;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;

  constructor(route: string, body: string, req: IncomingMessage, res: ServerResponse) {
    this.route = route;
    this.body = body;
    this.headers = req.headers;
    this.#req = req;
    this.#res = res;
    this.aborted = new Promise((resolve) => {
      res.once('close', () => {
        if (!res.writableFinished) resolve();
      });
    });
  }

  /** The number that it bears. */
  get sequence(): string | undefined {
    return this.headers['rt-sequence'] as string | undefined;
  }

  answer(status: number, headers: Readonly<Record<string, string>> = {}, ...frames: readonly ServerFrame[]): void {
    this.#res.writeHead(status, headers).end(frames.map((frame) => JSON.stringify(frame)).join('\n'));
  }

  /** Answers with a text that is not ours. */
  answerText(status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
    this.#res.writeHead(status, headers).end(body);
  }

  /** Begins a stream of events. */
  stream(session: string): void {
    this.#res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'rt-session': session });
    this.#res.write(':\n\n');
  }

  /** One event of a stream. */
  event(...frames: readonly ServerFrame[]): void {
    this.#res.write(`${frames.map((frame) => `data: ${JSON.stringify(frame)}\n`).join('')}\n`);
  }

  /** The last event of a stream, and its end. */
  closeEvent(code: number): void {
    this.#res.end(`event: close\ndata: ${code}\n\n`);
  }

  /** Ends the answer where it is. */
  end(): void {
    this.#res.end();
  }

  /** The connection goes, without (the rest of) an answer. */
  cut(): void {
    this.#req.socket.destroy();
  }
}

/** A `ready` frame as a server sends it. */
export function ready(maxFrameBytes = 65_536): ServerFrame {
  const limits = { maxFrameBytes, maxChannels: 200, messagesPerMinute: 60_000, messageBurst: 1_000 };
  return ['ready', `node.${Math.random()}`, null, limits, 20_000, null];
}
