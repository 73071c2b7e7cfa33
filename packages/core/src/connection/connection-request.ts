import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** The HTTP request that opened a connection, as `authenticate` sees it. Not kept once the connection is open. */
export interface ConnectionRequest {
  readonly headers: IncomingHttpHeaders;
  /** Path and query, as the client sent them. */
  readonly url: string;
  /**
   * The IP address of the client: of the other end of the socket, or, where the option `trustProxy` trusts that, of whom it
   * forwards. IPv4 is never written as IPv6. Empty where there is none: a Unix socket, or one that is gone already.
   */
  readonly address: string;
}

/** What core keeps of Node's request; `address` is the client's. */
export function connectionRequest(req: IncomingMessage, address: string): ConnectionRequest {
  return { headers: req.headers, url: req.url ?? '/', address };
}
