import { RealtimeError } from '@rt/core';
import type { Transport, TransportHost } from '@rt/core';
import { SUB_PROTOCOL } from '@rt/protocol';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { WebSocketLink } from './websocket-link.ts';

/** RFC 6455 §7.4.1: the endpoint is going away. */
const GOING_AWAY = 1001;

/** How long a client may take to answer a close frame before its socket is destroyed. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Far above what honest clients and slow networks make of a 64 KiB message, far below what hurts. */
const MAX_FRAGMENTS = 64;
const MAX_BUFFERED_CHUNKS = 1_024;

/** The WebSocket transport (RFC 6455), at `<basePath>/ws` with the sub-protocol `rt.v1`. */
export function websocket(): Transport {
  return new WebSocketTransport();
}

class WebSocketTransport implements Transport {
  readonly name = 'websocket';
  readonly path = '/ws';
  readonly #links = new Set<WebSocketLink>();
  #host: TransportHost | undefined;
  #server: WebSocketServer | undefined;
  #onEmpty: (() => void) | undefined;

  attach(host: TransportHost): void {
    this.#host = host;
    const options = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: host.limits.maxFrameBytes,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: MAX_BUFFERED_CHUNKS,
      closeTimeout: CLOSE_TIMEOUT_MS,
      // Core counts pings against the client's rate; `ws` would end a burst of 61 without a close frame.
      maxPendingAutoPongs: 0,
      handleProtocols: () => SUB_PROTOCOL,
    };
    this.#server = new WebSocketServer(options);
  }

  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    const host = this.#host;
    if (host === undefined) throw new RealtimeError('CLOSING', 'the transport was not attached');
    if (!offersProtocol(req)) {
      host.refuseUpgrade(
        socket,
        new RealtimeError('BAD_FRAME', `ask for the sub-protocol ${SUB_PROTOCOL} (Sec-WebSocket-Protocol)`),
      );
      return;
    }
    this.#server?.handleUpgrade(req, socket, Buffer.from(head), (ws) => {
      const link = new WebSocketLink(ws, socket);
      this.#links.add(link);
      link.serve(host.open(link, host.request(req)), this.#gone);
    });
  }

  async close(): Promise<void> {
    if (this.#links.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      for (const link of this.#links) link.close(GOING_AWAY, 'CLOSING');
    });
  }

  readonly #gone = (link: WebSocketLink): void => {
    this.#links.delete(link);
    if (this.#links.size === 0) this.#onEmpty?.();
  };
}

function offersProtocol(req: IncomingMessage): boolean {
  const offered = req.headers['sec-websocket-protocol'];
  return offered !== undefined && offered.split(',').some((name) => name.trim() === SUB_PROTOCOL);
}
