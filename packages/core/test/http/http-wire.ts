import type { ConnectionRequest, Encoding, Session, Transport, TransportHost } from '@rt/core';
import type { IncomingMessage, ServerResponse } from 'node:http';

const lines: Encoding = { name: 'lines', encode: (frames) => Buffer.from(`${frames.join('\n')}\n`) };

/** The least that an HTTP transport can be: each request is one connection, its answer is what core writes. */
export class HttpWire implements Transport {
  readonly name = 'lines';
  readonly path = '/lines';
  readonly requests: ConnectionRequest[] = [];
  #host: TransportHost | undefined;

  attach(host: TransportHost): void {
    this.#host = host;
  }

  handleRequest(req: IncomingMessage, res: ServerResponse): void {
    const host = this.#host;
    if (host === undefined) throw new Error('give this wire to a Realtime first');
    const request = host.request(req);
    this.requests.push(request);
    const session: Session = host.open(
      {
        encoding: lines,
        write: (bytes) => void res.write(bytes),
        get bufferedBytes() {
          return res.writableLength;
        },
        close: () => void res.end(),
      },
      request,
    );
    res.on('close', () => session.closed(1006, ''));
    res.flushHeaders();
  }

  async close(): Promise<void> {
    // Core has ended every answer before.
  }
}
