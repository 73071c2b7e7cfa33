import type { IncomingMessage } from 'node:http';
import type { Link } from './link.ts';
import type { Session } from './transport.ts';

/** The answer to a poll: nothing, frames, the end, or both. */
export interface PollAnswer {
  /** Number of this answer; there if and only if there are frames. The next poll acknowledges it. */
  readonly sequence?: number;
  /** 1..n frames joined by LF, as UTF-8; empty where there are none. */
  readonly body: Uint8Array;
  /** The connection is over after these frames, with this close code. */
  readonly close?: number;
}

/** One poll, as the link of its session gets it, wherever it arrived. */
export interface Poll {
  /** The last answer that the client has. */
  readonly sequence: number;
  /** How long it may wait for frames. */
  readonly holdMs: number;
  /** Aborts when the client is no longer there to be answered. */
  readonly signal: AbortSignal;
}

/** A link of a session over several HTTP requests. */
export interface SessionLink extends Link {
  /** The client said that it leaves: MUST call `Session.closed` with 1000. What was not sent yet interests nobody any more. */
  leave(): void;
  /**
   * Answers a poll; for transports without a stream. Rejects with what the client is answered. For 10 s after `Session.closed` of
   * a client that was let in it is still called, so that a last answer that was lost can be repeated.
   */
  poll?(poll: Poll): Promise<PollAnswer>;
}

/** A session that was opened. */
export interface HttpSession {
  readonly session: Session;
  /** What the client proves with that a request is of this session: the value of the header `rt-session`, and nowhere else. */
  readonly secret: string;
}

/**
 * Sessions over several HTTP requests, each of which may reach any node. Core answers `/send`, and hands what was posted to
 * `Session.receive` on the node of the session. What rejects is the answer to the request: let it through `handleRequest`.
 */
export interface HttpSessions {
  /**
   * The body of a request that opens a session: 1..100 frames joined by LF. Rejects with `UNSUPPORTED_MEDIA_TYPE`, `TOO_LARGE`,
   * `REQUEST_TIMEOUT` and `BAD_FRAME`.
   */
  frames(req: IncomingMessage): Promise<string>;
  /** As `TransportHost.open`, with a secret. */
  open(link: SessionLink, req: IncomingMessage): HttpSession;
  /**
   * Passes a poll (headers `rt-session`, `rt-sequence`) on to the link of its session, on whichever node that is. `poll` is what
   * this transport says of it. Rejects with `UNKNOWN_SESSION`, `FORBIDDEN`, `BAD_FRAME` and `DEADLINE`.
   */
  poll(req: IncomingMessage, poll: Omit<Poll, 'sequence'>): Promise<PollAnswer>;
}
