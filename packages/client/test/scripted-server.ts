import { SUB_PROTOCOL } from '@rt/protocol';
import type { ClientFrame, ClientFrameOf, ClientFrameType, ServerFrame } from '@rt/protocol';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { Inbox } from './inbox.ts';

/** What a test may change of the `ready` frame. */
export interface Ready {
  readonly user?: string;
  readonly maxFrameBytes?: number;
  readonly beatMs?: number;
  readonly messagesPerMinute?: number;
  readonly messageBurst?: number;
  readonly expiresInMs?: number;
}

/** A real WebSocket server that says what a test tells it to, and nothing by itself. */
export class ScriptedServer {
  /** Every connection, as it comes. */
  readonly peers = new Inbox<Peer>();
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, request) => this.peers.push(new Peer(socket, request.url ?? '')));
  }

  static async start(): Promise<ScriptedServer> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      handleProtocols: (offered) => (offered.has(SUB_PROTOCOL) ? SUB_PROTOCOL : false),
    });
    await once(server, 'listening');
    return new ScriptedServer(server);
  }

  get url(): string {
    // A server that listens on a port has such an address.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }
}

/** One connection of a `ScriptedServer`, seen from the server. */
export class Peer {
  readonly path: string;
  readonly subProtocol: string;
  /** Every WebSocket message, before it is cut into frames. */
  readonly messages = new Inbox<string>();
  readonly frames = new Inbox<ClientFrame>();
  /** The close code, once the client or the test has closed it. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, path: string) {
    this.#socket = socket;
    this.path = path;
    this.subProtocol = socket.protocol;
    this.closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      this.messages.push(text);
      // The client under test builds frames by the protocol's types; the tests compare them.
      for (const line of text.split('\n')) this.frames.push(JSON.parse(line) as ClientFrame);
    });
  }

  /** Waits for the `connect` frame, answers `ready` and confirms each of its channels; returns the frame. */
  async accept(ready: Ready = {}): Promise<ClientFrameOf<'connect'>> {
    const connect = await this.greet(ready);
    for (const [channel] of connect[4] ?? []) this.send(['sub', 0, channel, null, false]);
    return connect;
  }

  /** Waits for the `connect` frame and answers `ready` only. */
  async greet(ready: Ready = {}): Promise<ClientFrameOf<'connect'>> {
    const { maxFrameBytes = 65_536, messagesPerMinute = 600, messageBurst = 100 } = ready;
    const connect = await this.frame('connect');
    const limits = { maxFrameBytes, maxChannels: 200, messagesPerMinute, messageBurst };
    const { user = null, beatMs = 20_000, expiresInMs = null } = ready;
    this.send(['ready', `node.${Math.random()}`, user, limits, beatMs, expiresInMs]);
    return connect;
  }

  /** The next frame of one type; those before it are dropped. */
  async frame<Type extends ClientFrameType>(type: Type): Promise<ClientFrameOf<Type>> {
    // `find` has just compared the type.
    return (await this.frames.find((frame) => frame[0] === type)) as ClientFrameOf<Type>;
  }

  /** Sends frames as one message. */
  send(...frames: ServerFrame[]): void {
    this.sendText(frames.map((frame) => JSON.stringify(frame)).join('\n'));
  }

  /** Sends a text as it is. */
  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** Closes with a code, or without a word (1006). */
  close(code?: number): void {
    if (code === undefined) this.#socket.terminate();
    else this.#socket.close(code);
  }
}
