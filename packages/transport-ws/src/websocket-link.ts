import type { Link, Session } from '@rt/core';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { webSocketEncoding } from './websocket-encoding.ts';

/** RFC 6455 §7.4.1: a kind of data that this endpoint does not take. */
const UNSUPPORTED_DATA = 1003;

/**
 * One WebSocket. `ws` does the handshake, receiving and control frames; data frames come ready-made and go straight to
 * the socket. That is safe while four rules hold: `ws.send` is never called, nothing is written unless `ws` is open,
 * what was written leaves before `ws.close`, and the socket has an `error` listener (which is `ws`' own) from the start.
 */
export class WebSocketLink implements Link {
  readonly encoding = webSocketEncoding;
  readonly #ws: WebSocket;
  readonly #socket: Duplex;

  constructor(ws: WebSocket, socket: Duplex) {
    this.#ws = ws;
    this.#socket = socket;
  }

  /** Connects what comes in to `session`; `gone` is called after the session heard of the end. */
  serve(session: Session, gone: (link: WebSocketLink) => void): void {
    const ws = this.#ws;
    ws.on('message', (data: Buffer, isBinary) => {
      // After a close, `ws` still reads until the other side has answered.
      if (ws.readyState !== WebSocket.OPEN) return;
      if (isBinary) ws.close(UNSUPPORTED_DATA, 'frames are text');
      else session.receive(data.toString('utf8'));
    });
    this.#socket.on('drain', () => session.drained());
    const onControl = (): void => session.receivedControl();
    ws.on('ping', onControl);
    ws.on('pong', onControl);
    // Protocol errors and resets: `ws` closes by itself with the right code, and `close` follows.
    ws.on('error', () => undefined);
    ws.on('close', (code, reason) => {
      session.closed(code, reason.toString('utf8'));
      gone(this);
    });
  }

  write(bytes: Uint8Array): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#socket.write(bytes);
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }
}
