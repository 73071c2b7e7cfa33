/** What one client or message may use. Sizes in bytes, times in milliseconds. */
export interface Limits {
  /** Largest message of a client (a WebSocket message, a POST body). Default 64 KiB. */
  readonly maxFrameBytes: number;
  /** Largest message of the application, as JSON. Default 256 KiB: what every broker carries in one piece. */
  readonly maxMessageBytes: number;
  /** Channels of one connection. Default 200. */
  readonly maxChannels: number;
  /** Connections of one user. Default 50. */
  readonly connectionsPerUser: number;
  /**
   * Connections of one IP address, before they are authenticated too; IPv6 addresses count by their /64. Default: no limit,
   * because everybody behind one router or proxy has one address: see `trustProxy`.
   */
  readonly connectionsPerAddress: number | undefined;
  /** Messages a minute of one connection, after the burst. Default 600. */
  readonly messagesPerMinute: number;
  /** Messages that a connection may send at once. Default 100. */
  readonly messageBurst: number;
  /** Time for the `connect` frame to arrive and be accepted. Default 10 s. */
  readonly connectTimeoutMs: number;
  /** Time for the head of an HTTP request (on a server of `listen`), and for its body. Default 15 s. */
  readonly requestTimeoutMs: number;
  /** Time for an authorizer to answer, and for `authenticate` about a new token; then it is no. Default 10 s. */
  readonly decisionTimeoutMs: number;
  /** Time for a handler or a method to end, from when it begins; then its client gets `DEADLINE`. Default 30 s. */
  readonly handlerTimeoutMs: number;
  /** Handlers and methods of one connection that run at once; and as many authorizers. More wait. Default 100. */
  readonly maxInvocations: number;
  /** Handlers and methods of all connections that run at once; and as many authorizers. More wait. Default 10,000. */
  readonly maxInvocationsTotal: number;
  /** Those of one connection that wait; more are refused with `OVERLOADED`, and so is who waits too long. Default 200. */
  readonly maxQueuedInvocations: number;
  /** Those of all connections that wait; more are refused with `OVERLOADED`. Default 10,000. */
  readonly maxQueuedInvocationsTotal: number;
  /** Time after which an unanswered publish rejects with `DEADLINE`. Default 5 s. */
  readonly publishTimeoutMs: number;
  /** Silence after which the server sends `ping`. Default 20 s. */
  readonly beatMs: number;
  /** Time for anything to arrive after a `ping`. Default 8 s. */
  readonly beatAnswerMs: number;
  /** Bytes queued for one connection before it ends with `SLOW_READER`. Default 1 MiB. */
  readonly maxQueuedBytes: number;
  /** Bytes queued for all connections together; beyond, those with the most end with `SLOW_READER`. Default 256 MiB. */
  readonly maxQueuedBytesTotal: number;
  /** How long a user whose connection dropped stays a member of their presence channels. 0: not at all. Default 10 s. */
  readonly presenceGraceMs: number;
  /** Members of a presence channel that its clients see one by one; of more they see the count. Default 1,000. */
  readonly presenceRosterLimit: number;
}

export const defaultLimits: Limits = {
  maxFrameBytes: 64 * 1024,
  maxMessageBytes: 256 * 1024,
  maxChannels: 200,
  connectionsPerUser: 50,
  connectionsPerAddress: undefined,
  messagesPerMinute: 600,
  messageBurst: 100,
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  decisionTimeoutMs: 10_000,
  handlerTimeoutMs: 30_000,
  maxInvocations: 100,
  maxInvocationsTotal: 10_000,
  maxQueuedInvocations: 200,
  maxQueuedInvocationsTotal: 10_000,
  publishTimeoutMs: 5_000,
  beatMs: 20_000,
  beatAnswerMs: 8_000,
  maxQueuedBytes: 1024 * 1024,
  maxQueuedBytesTotal: 256 * 1024 * 1024,
  presenceGraceMs: 10_000,
  presenceRosterLimit: 1_000,
};
