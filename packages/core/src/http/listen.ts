import { createServer } from 'node:http';
import type { Server, ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ParsedOptions, RealtimeOptions } from '../options.ts';

/** Where a server listens. */
export interface ListenOptions {
  /** Default 6001; 0 takes a free one. */
  readonly port?: number;
  /** Default `127.0.0.1`: this machine only. `0.0.0.0` or `::` for everybody. */
  readonly host?: string;
}

/** Where it listens in fact. */
export interface Listening {
  readonly port: number;
  readonly host: string;
  /** For people and clients, e.g. `http://localhost:6001`. */
  readonly url: string;
}

/** Connections that the system takes while the process is busy: all clients of a node that died come at once. */
const BACKLOG = 4096;

/** Creates an HTTP(S) server, lets `prepare` attach to it, and listens. Rejects with the system's error. */
export async function createListeningServer(
  { port = 6001, host = '127.0.0.1' }: ListenOptions,
  { tls, limits }: Pick<ParsedOptions, 'tls' | 'limits'>,
  prepare: (server: Server) => Promise<void>,
): Promise<{ server: Server; listening: Listening }> {
  const timeouts = requestTimeouts(limits.requestTimeoutMs);
  const server = tls === undefined ? createServer(timeouts) : createTlsServer({ ...timeouts, ...secureContext(tls) });
  await prepare(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const actual = (server.address() as AddressInfo).port;
  const shown =
    host === '127.0.0.1' || host === '0.0.0.0' || host === '::' || host === '::1'
      ? 'localhost'
      : host.includes(':')
        ? `[${host}]`
        : host;
  return {
    server,
    listening: { port: actual, host, url: `${tls === undefined ? 'http' : 'https'}://${shown}:${actual}` },
  };
}

/** Requests whose head or body are not there after `ms` are cut (Node's own limits are 60 s and 300 s); it looks now and then. */
function requestTimeouts(ms: number): ServerOptions {
  const connectionsCheckingInterval = Math.min(1_000, Math.floor(ms / 4));
  const timeout = ms - connectionsCheckingInterval;
  return { headersTimeout: timeout, requestTimeout: timeout, connectionsCheckingInterval };
}

function secureContext({ key, cert }: NonNullable<RealtimeOptions['tls']>): {
  key: string | Buffer;
  cert: string | Buffer;
} {
  return {
    key: typeof key === 'string' ? key : Buffer.from(key),
    cert: typeof cert === 'string' ? cert : Buffer.from(cert),
  };
}
