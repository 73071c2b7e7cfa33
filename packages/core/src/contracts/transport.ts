import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ConnectionRequest } from '../connection/connection-request.ts';
import type { RealtimeError } from '@rt/protocol';
import type { Limits } from '../limits.ts';
import type { Clock } from './clock.ts';
import type { HttpSessions } from './http-sessions.ts';
import type { Link } from './link.ts';
import type { Logger } from './logger.ts';

/** The inbound half of one connection, given by core. */
export interface Session {
  /** Text that came in: 1..n frames joined by LF. */
  receive(text: string): void;
  /** A control frame of the wire came in (RFC 6455 §5.5): proof of life, and counted against the client's rate. */
  receivedControl(): void;
  /** The client is there, and did nothing that counts: proof of life only. */
  receivedAnything(): void;
  /** What `Link.write` buffered has left; MUST be called when `bufferedBytes` has come down to 0. */
  drained(): void;
  /** The wire is gone; `code` and `reason` as the wire saw them. MUST be called exactly once. */
  closed(code: number, reason: string): void;
}

/** What a transport may ask of core. */
export interface TransportHost {
  readonly limits: Limits;
  readonly logger: Logger;
  readonly clock: Clock;
  /** What core wants to know of a request, with its client's address. */
  request(req: IncomingMessage): ConnectionRequest;
  /**
   * A new wire is open. The transport passes on what comes in, core decides everything else.
   * Throws `TOO_MANY_CONNECTIONS` where its address has as many as it may, and `CLOSING` while the server takes no new clients;
   * neither in the same step as `handleUpgrade`.
   */
  open(link: Link, request: ConnectionRequest): Session;
  /** For connections over several HTTP requests. Asking for it turns on the route `/send`: MUST be asked for in `attach`, if at all. */
  sessions(): HttpSessions;
  /** Answers an upgrade with an HTTP error and ends its socket. */
  refuseUpgrade(socket: Duplex, error: RealtimeError): void;
}

/** How a transport is called in options, on `connection.transport` and in the command line. */
export type TransportName = 'websocket' | 'sse' | 'longpolling' | 'memory' | (string & {});

/**
 * Carries frames between core and clients.
 *
 * - Core checks path and origin before it calls `handleUpgrade` or `handleRequest`, answers `OPTIONS`, and puts on what other origins
 *   need (CORS). It checks readiness too, but for requests of an open session (header `rt-session`), and whether the address may have
 *   one more connection before `handleUpgrade`. What `handleRequest` throws or rejects with is the answer to the request.
 * - MUST hand every text to `Session.receive` in the order of arrival, and MUST refuse what is over `limits.maxFrameBytes`.
 * - MUST call `Session.closed` exactly once per opened session, also when `close` ends it.
 * - MUST have an `error` listener on a socket before the first `await`: a reset must not end the process.
 */
export interface Transport {
  readonly name: TransportName;
  /** Below `basePath`, e.g. `/ws`. Requests to it and upgrades of it are this transport's. */
  readonly path?: string;
  attach(host: TransportHost): void;
  handleRequest?(req: IncomingMessage, res: ServerResponse): void | Promise<void>;
  handleUpgrade?(req: IncomingMessage, socket: Duplex, head: Uint8Array): void;
  /** MUST resolve when every socket of the transport is gone. */
  close(): Promise<void>;
}
