import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** The HTTP request that opened a connection, as `authenticate` sees it. Not kept once the connection is open. */
export interface ConnectionRequest {
  readonly headers: IncomingHttpHeaders;
  /** Path and query, as the client sent them. */
  readonly url: string;
  /** The address of the other end of the socket. */
  readonly address: string;
}

/** What core needs of Node's request. */
export function connectionRequest(req: IncomingMessage): ConnectionRequest {
  return {
    headers: req.headers,
    url: req.url ?? '/',
    // Asked for, it stays with the socket as long as that lives; most servers never ask.
    get address() {
      return req.socket.remoteAddress ?? '';
    },
  };
}
