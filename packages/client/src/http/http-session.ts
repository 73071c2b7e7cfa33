import { isPassing } from './http-answer.ts';
import type { HttpAnswer } from './http-answer.ts';
import { requestInit } from './http-request.ts';
import type { HttpRequest } from './http-request.ts';
import { pause } from './pause.ts';

/** For how long a request is repeated: the server has given the session up by then. */
const GIVE_UP_MS = 10_000;
/** The wait after the first failure; it doubles. */
const FIRST_WAIT_MS = 100;

/** What the server knows one connection over HTTP by, and how requests of it are made. */
export class HttpSession {
  /** The session's secret, as the server told it. */
  secret: string | undefined;
  readonly #socketUrl: string;
  readonly #fetch: typeof fetch;
  readonly #end = new AbortController();

  /** `socketUrl` is where the WebSocket would be. */
  constructor(socketUrl: string, fetchHere: typeof fetch) {
    this.#socketUrl = socketUrl;
    this.#fetch = fetchHere;
  }

  /** Aborts when the session is over. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  get isOver(): boolean {
    return this.signal.aborted;
  }

  /** Ends every request. */
  end(): void {
    this.#end.abort();
  }

  /** The address of one of the HTTP routes. */
  url(route: 'sse' | 'poll' | 'send'): string {
    const url = new URL(this.#socketUrl);
    url.protocol = url.protocol.replace('ws', 'http');
    url.pathname = url.pathname.replace(/ws$/, route);
    return url.href;
  }

  /** Makes one request; resolves when its answer begins. */
  request(url: string, request: HttpRequest): Promise<Response> {
    // Called without `this`: a browser's own `fetch` refuses any other.
    const fetchHere = this.#fetch;
    return fetchHere(url, requestInit({ session: this.secret, signal: this.signal, ...request }));
  }

  /** Makes one request; resolves when its answer is there to its last byte. */
  async ask(route: 'poll' | 'send', request: HttpRequest): Promise<HttpAnswer> {
    const response = await this.request(this.url(route), request);
    const { status, headers } = response;
    return { status, headers, text: await response.text() };
  }

  /**
   * Repeats one request until it is answered; the server knows by its number that it is the same one. `undefined`: the
   * session is over, refused, or the network gone for too long.
   */
  async repeat(route: 'poll' | 'send', request: HttpRequest): Promise<HttpAnswer | undefined> {
    let failedAt: number | undefined;
    for (let waitMs = FIRST_WAIT_MS; !this.isOver; waitMs *= 2) {
      // Why a request failed is not told: it may be the network, or the page that goes.
      const answer = await this.ask(route, request).catch(() => undefined);
      if (answer && !isPassing(answer)) return answer.status < 300 ? answer : undefined;
      failedAt ??= performance.now();
      if (performance.now() - failedAt > GIVE_UP_MS) return undefined;
      await pause(waitMs, this.signal);
    }
    return undefined;
  }
}
