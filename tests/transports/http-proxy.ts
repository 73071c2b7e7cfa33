import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** What a transport meets on its way: a free one, one that says no, one that never says anything. */
export type Way = 'open' | 'refused' | 'silent';

/** The ways in, by the names of the client's transports. */
export type Ways = Record<'websocket' | 'sse' | 'longpolling', Way>;

/**
 * An HTTP proxy between browsers and nodes: it gives requests to the nodes in turn, nobody sticks to one, and it may be in the way of
 * each transport. A silent one holds an event stream back, as proxies do that wait for an answer's end.
 */
export class HttpProxy {
  readonly ways: Ways = { websocket: 'open', sse: 'open', longpolling: 'open' };
  /** What part of the polls loses its answer, after the server has written it. */
  lostPolls = 0;
  /** How many polls lost their answer. */
  lost = 0;
  readonly #server: Server;
  #nodes: readonly string[];
  readonly #sockets = new Set<Duplex>();
  #turn = 0;

  private constructor(server: Server, nodes: readonly string[]) {
    this.#server = server;
    this.#nodes = nodes;
    server.on('connection', (socket) => this.#keep(socket));
    server.on('request', (req, res) => this.#forward(req, res));
    server.on('upgrade', (req, socket, head) => this.#upgrade(req, socket, head));
  }

  /** In front of these servers; ends with the test. */
  static async start(...nodes: readonly string[]): Promise<HttpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new HttpProxy(server, nodes);
    onTestFinished(() => {
      proxy.cut();
      server.close();
    });
    return proxy;
  }

  get url(): string {
    // A server that listens on a port has such an address.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Leaves one way open only. */
  only(open: keyof Ways, others: Way = 'refused'): void {
    for (const name of ['websocket', 'sse', 'longpolling'] as const) this.ways[name] = name === open ? 'open' : others;
  }

  /** Gives what comes from now on to other servers. */
  replace(...nodes: readonly string[]): void {
    this.#nodes = nodes;
  }

  /** Shows every request from now on, with what it is answered with, before it is given on. */
  watch(see: (req: IncomingMessage, res: ServerResponse) => void): void {
    this.#server.prependListener('request', see);
  }

  /** Every connection goes, without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #forward(req: IncomingMessage, res: ServerResponse): void {
    const [, name] = /\/(sse|poll)(?:\?|$)/.exec(req.url ?? '') ?? [];
    const way = name === undefined ? 'open' : this.ways[name === 'sse' ? 'sse' : 'longpolling'];
    if (way === 'refused') {
      res.writeHead(403, { 'content-type': 'text/html' }).end('<h1>Blocked</h1>');
      return;
    }
    const isLost = name === 'poll' && req.headers['rt-session'] !== undefined && Math.random() < this.lostPolls;
    const { method, headers } = req;
    const onward = request(new URL(req.url ?? '/', this.#next()), { method, headers, agent: false }, (answer) => {
      if (isLost) {
        this.lost++;
        // The server is done with it: it was written to its end.
        void buffer(answer).then(() => req.socket.destroy());
      } else if (way === 'silent') {
        answer.resume();
      } else {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        res.flushHeaders();
        answer.pipe(res);
        answer.on('error', () => res.destroy());
      }
    });
    onward.on('error', () => res.destroy());
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  }

  #upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.ways.websocket === 'silent') return;
    if (this.ways.websocket === 'refused') {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const { hostname, port } = new URL(this.#next());
    const onward = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#keep(onward);
    const lines = [`${req.method} ${req.url} HTTP/1.1`];
    for (let n = 0; n < req.rawHeaders.length; n += 2) lines.push(`${req.rawHeaders[n]}: ${req.rawHeaders[n + 1]}`);
    onward.write(`${lines.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    socket.pipe(onward).pipe(socket);
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    // Whatever a test does to it; `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #next(): string {
    return this.#nodes[this.#turn++ % this.#nodes.length]!;
  }
}
