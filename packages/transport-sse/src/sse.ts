import { RealtimeError } from '@rt/core';
import type { HttpSessions, Link, Transport, TransportHost } from '@rt/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { EventStream } from './event-stream.ts';
import { ReaderLink } from './reader-link.ts';
import { readerRequest } from './reader-request.ts';
import { Readers } from './readers.ts';
import { SseLink } from './sse-link.ts';

/** RFC 6455 §7.4.1: the endpoint is going away. */
const GOING_AWAY = 1001;

/**
 * The transport over server-sent events, at `<basePath>/sse`: a stream of events down, posts to `<basePath>/send` up. Plain readers
 * (`curl`, an `EventSource`) read one channel at `<basePath>/sse?channel=…`.
 */
export function sse(): Transport {
  return new SseTransport();
}

class SseTransport implements Transport {
  readonly name = 'sse';
  readonly path = '/sse';
  readonly #links = new Set<Link>();
  readonly #readers = new Readers();
  #host: TransportHost | undefined;
  #sessions: HttpSessions | undefined;
  #onEmpty: (() => void) | undefined;

  attach(host: TransportHost): void {
    this.#host = host;
    this.#sessions = host.sessions();
  }

  async handleRequest(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [host, sessions] = [this.#host, this.#sessions];
    if (host === undefined || sessions === undefined)
      throw new RealtimeError('CLOSING', 'the transport was not attached');
    if (req.method === 'POST') return this.#openSession(req, res, { host, sessions });
    if (req.method === 'GET') return this.#openReader(req, res, host);
    res.setHeader('allow', 'GET, POST, OPTIONS');
    throw new RealtimeError('METHOD_NOT_ALLOWED', 'POST opens a session, GET reads one channel');
  }

  async close(): Promise<void> {
    if (this.#links.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      for (const link of this.#links) link.close(GOING_AWAY, 'CLOSING');
    });
  }

  async #openSession(
    req: IncomingMessage,
    res: ServerResponse,
    { host, sessions }: { readonly host: TransportHost; readonly sessions: HttpSessions },
  ): Promise<void> {
    const frames = await sessions.frames(req);
    const stream = new EventStream(res, host.clock);
    if (stream.isGone) return;
    const link = new SseLink(stream);
    const { session, secret } = sessions.open(link, req);
    this.#links.add(link);
    link.serve(session, secret, () => this.#gone(link));
    session.receive(frames);
  }

  async #openReader(req: IncomingMessage, res: ServerResponse, host: TransportHost): Promise<void> {
    const { channel, connect } = readerRequest(req);
    const stream = new EventStream(res, host.clock);
    const link: ReaderLink = new ReaderLink({
      stream,
      encoding: this.#readers.encodingOf(channel),
      clock: host.clock,
      gone: () => {
        this.#readers.delete(link);
        this.#gone(link);
      },
    });
    const session = host.open(link, host.request(req));
    this.#links.add(link);
    this.#readers.add(link);
    link.serve(session);
    const abandon = (): void => link.abandon();
    res.once('close', abandon);
    session.receive(connect);
    try {
      await link.opened;
    } catch (error) {
      link.abandon();
      throw error;
    } finally {
      res.off('close', abandon);
    }
  }

  #gone(link: Link): void {
    this.#links.delete(link);
    if (this.#links.size === 0) this.#onEmpty?.();
  }
}
