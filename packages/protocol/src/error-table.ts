import type { ErrorCode } from './error-code.ts';

/** What one error code means outside a `RealtimeError`. */
export interface ErrorRow {
  /** What happened and what to do, for people. May change between versions. */
  readonly message: string;
  /** The HTTP status of an answer with this error. Absent where the code never leaves over HTTP. */
  readonly status?: number;
  /** The close code where this error ends a connection: RFC 6455 §7.4.2 leaves 4000–4999 to applications. */
  readonly closeCode?: number;
}

/** The one table of errors. `docs/errors.md` lists the same rows; a test compares the two. */
export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = {
  BAD_FRAME: { message: 'The frame is not one of this protocol; see docs/protocol.md.', status: 400, closeCode: 4500 },
  BAD_NAME: { message: 'The channel or event name is not allowed; see docs/protocol.md#names.', status: 400 },
  BAD_OPTION: { message: 'An option has a value that is not allowed; the message names it.' },
  BROKER_DOWN: { message: 'The broker can not be reached; try again.', status: 503 },
  CANCELLED: { message: 'The request was taken back before it was done.', status: 409 },
  CLOSED: { message: 'This client was closed; make a new one or call connect().' },
  CLOSING: {
    message: 'The server is shutting down; connect again, another node answers.',
    status: 503,
    closeCode: 4200,
  },
  CONNECT_TIMEOUT: { message: 'No connect frame came in time; send it first.', status: 408, closeCode: 4001 },
  DEADLINE: { message: 'There was no answer in time; try again.', status: 504 },
  DISCONNECTED: { message: 'The application ended this connection.', closeCode: 4502 },
  FORBIDDEN: { message: 'This is not allowed here; the server decides by its rules and authorizers.', status: 403 },
  HANDLER_FAILED: { message: 'The handler or method failed; the server log has the reason.', status: 500 },
  HEARTBEAT_MISSED: { message: 'Nothing was heard from the other side in time.', closeCode: 4000 },
  INVALID_DATA: { message: 'The data is not JSON that can be passed on unchanged.', status: 422 },
  METHOD_NOT_ALLOWED: { message: 'This path takes another HTTP method; see the Allow header.', status: 405 },
  NOT_FOUND: { message: 'There is nothing at this path, or no method of this name.', status: 404 },
  NO_REALTIME: { message: 'The module-level broadcast() needs exactly one Realtime in this process.' },
  OUTCOME_UNKNOWN: {
    message: 'The connection went before the answer came: the message may have arrived.',
    status: 504,
  },
  OVERLOADED: { message: 'The server has too much to do at the moment; try again.', status: 503, closeCode: 4006 },
  QUEUE_FULL: { message: 'Too many sends wait for a connection; send less, or wait until it is open.' },
  RATE_LIMITED: { message: 'Too many messages; wait before sending again.', status: 429, closeCode: 4003 },
  REQUEST_TIMEOUT: { message: 'The request did not arrive in time; send it again.', status: 408 },
  SLOW_READER: { message: 'The client did not read what it was sent.', closeCode: 4002 },
  TOKEN_EXPIRED: {
    message: 'The token is no longer valid; connect again with a new one.',
    status: 401,
    closeCode: 4005,
  },
  TOO_LARGE: { message: 'The message is larger than the limit.', status: 413, closeCode: 1009 },
  TOO_MANY_CHANNELS: { message: 'The connection has as many channels as it may have.', status: 403 },
  TOO_MANY_CONNECTIONS: {
    message: 'There are as many connections as this user or address may have.',
    status: 429,
    closeCode: 4004,
  },
  UNAUTHENTICATED: { message: 'The token was missing or not accepted; get a new one.', status: 401, closeCode: 4501 },
  UNKNOWN_CONNECTION: { message: 'No node has this connection (any more).', status: 404 },
  UNKNOWN_SESSION: {
    message: 'No node has this session (any more); open a new one with your cursors.',
    status: 410,
  },
  UNSUPPORTED: { message: 'This server, broker or version can not do that.', status: 501, closeCode: 4503 },
  UNSUPPORTED_MEDIA_TYPE: { message: 'Send the body as content-type: application/json.', status: 415 },
};
