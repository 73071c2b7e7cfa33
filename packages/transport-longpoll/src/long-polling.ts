import { RealtimeError } from '@rt/core';
import type { HttpSessions, PollAnswer, Transport, TransportHost } from '@rt/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AnswerTurns } from './answer-turns.ts';
import { parseOptions } from './options.ts';
import type { LongPollingOptions } from './options.ts';
import { PollLink } from './poll-link.ts';

/** RFC 6455 §7.4.1: the endpoint is going away. */
const GOING_AWAY = 1001;
/** How long clients have to fetch their last frames when the transport ends. */
const CLOSE_TIMEOUT_MS = 2_000;
/** An answer that its client has not read after this interests nobody: without a poll its session is over by then. */
const UNREAD_MS = 10_000;
/** Larger answers are not worth a copy. */
const MAX_TEXT_BYTES = 4_096;

/** The long-polling transport, at `<basePath>/poll` and `<basePath>/send`. Throws `BAD_OPTION`. */
export function longPolling(options: LongPollingOptions = {}): Transport {
  return new LongPollingTransport(parseOptions(options));
}

class LongPollingTransport implements Transport {
  readonly name = 'longpolling';
  readonly path = '/poll';
  readonly #holdMs: number;
  readonly #links = new Set<PollLink>();
  /** Answers that are on their way. */
  readonly #responses = new Set<ServerResponse>();
  #host: TransportHost | undefined;
  #sessions: HttpSessions | undefined;
  #turns: AnswerTurns | undefined;
  #onEmpty: (() => void) | undefined;

  constructor({ timeoutMs }: Required<LongPollingOptions>) {
    this.#holdMs = timeoutMs;
  }

  attach(host: TransportHost): void {
    this.#host = host;
    this.#sessions = host.sessions();
    this.#turns = new AnswerTurns(host.clock);
  }

  async handleRequest(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [host, sessions, turns] = [this.#host, this.#sessions, this.#turns];
    if (host === undefined || sessions === undefined || turns === undefined) {
      throw new RealtimeError('CLOSING', 'the transport was not attached');
    }
    if (req.method !== 'POST') {
      res.setHeader('allow', 'POST');
      throw new RealtimeError('METHOD_NOT_ALLOWED', 'this path takes POST');
    }
    const gone = new AbortController();
    res.once('close', () => {
      // An abort is an exception with its stack: 15 µs that an answered poll need not cost.
      if (!res.writableFinished) gone.abort();
    });
    if (req.headers['rt-session'] !== undefined) {
      const holdMs = mayWait(req) ? this.#holdMs : 0;
      this.#respond(res, await sessions.poll(req, { holdMs, signal: gone.signal }));
      return;
    }
    const frames = await sessions.frames(req);
    const link = new PollLink(host.clock, turns);
    const { session, secret } = sessions.open(link, req);
    this.#links.add(link);
    link.serve(session, this.#gone);
    const first = link.first(gone.signal);
    session.receive(frames);
    const answer = await first;
    // Without this answer nobody has the secret.
    if (res.destroyed) link.abandon();
    res.setHeader('rt-session', secret);
    this.#respond(res, answer);
  }

  async close(): Promise<void> {
    for (const link of this.#links) {
      if (link.isCut) link.abandon();
      else link.close(GOING_AWAY, 'CLOSING');
    }
    if (this.#isEmpty) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#host!.clock.after(CLOSE_TIMEOUT_MS, () => {
        for (const link of this.#links) link.abandon();
        resolve();
      });
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
    });
  }

  get #isEmpty(): boolean {
    return this.#links.size === 0 && this.#responses.size === 0;
  }

  #respond(res: ServerResponse, answer: PollAnswer): void {
    // Its client has gone: nothing more will be heard of it.
    if (res.destroyed) return;
    write(res, answer);
    this.#responses.add(res);
    const cancel = this.#host!.clock.after(UNREAD_MS, () => res.destroy());
    res.once('close', () => {
      cancel();
      this.#responses.delete(res);
      if (this.#isEmpty) this.#onEmpty?.();
    });
  }

  readonly #gone = (link: PollLink): void => {
    this.#links.delete(link);
    if (this.#isEmpty) this.#onEmpty?.();
  };
}

function write(res: ServerResponse, { sequence, body, close }: PollAnswer): void {
  // Names and values in turn are what costs Node least.
  const head = ['cache-control', 'no-store'];
  if (close !== undefined) head.push('rt-close', `${close}`);
  if (sequence === undefined) {
    res.writeHead(204, head).end();
    return;
  }
  head.push('content-type', 'application/x-ndjson; charset=utf-8', 'content-length', `${body.length}`);
  head.push('x-content-type-options', 'nosniff', 'rt-sequence', `${sequence}`);
  res.writeHead(200, head);
  // A small one as text, byte for byte: together with the head it is one piece of memory to write, and not two.
  if (body.length > MAX_TEXT_BYTES) res.end(body);
  else res.end(Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1'), 'latin1');
}

/** Whether a poll may wait for its answer: it may not with `rt-wait: 0`. Throws `BAD_FRAME` for any other value. */
function mayWait(req: IncomingMessage): boolean {
  const wait = req.headers['rt-wait'];
  if (wait !== undefined && wait !== '0') throw new RealtimeError('BAD_FRAME', 'the header rt-wait can only be 0');
  return wait === undefined;
}
