import { RealtimeError, toRealtimeError } from '@rt/protocol';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '../contracts/logger.ts';
import type { Transport } from '../contracts/transport.ts';
import { answerError, refuseUpgrade } from './answer.ts';
import { SESSION_HEADER } from '../http-sessions/session-headers.ts';
import { allowPage, answerPreflight } from './cross-origin.ts';
import type { OriginCheck } from './origin-check.ts';

/** A route's methods and what it does. What it throws is the answer. */
export interface Route {
  readonly methods: readonly string[];
  /** Pages of allowed origins may ask for it, and those of others may not. */
  readonly isForPages?: boolean;
  handle(req: IncomingMessage, res: ServerResponse): void | Promise<void>;
}

/** Why new clients are not let in. */
export type Admits = () => RealtimeError | undefined;

/** Why the address behind a request may not open one more connection. */
export type AddressRefusal = (req: IncomingMessage) => RealtimeError | undefined;

/**
 * Everything below the base path: routes by exact path, upgrades by a transport's path. What is elsewhere is the application's.
 * Paths are compared as they came, never decoded, so no second spelling reaches a route.
 */
export class Router {
  readonly #basePath: string;
  readonly #routes: Map<string, Route>;
  readonly #transports: ReadonlyMap<string, Transport>;
  readonly #origins: OriginCheck;
  readonly #admits: Admits;
  readonly #addressRefusal: AddressRefusal;
  readonly #logger: Logger;

  constructor(options: {
    basePath: string;
    routes: ReadonlyMap<string, Route>;
    transports: readonly Transport[];
    origins: OriginCheck;
    admits: Admits;
    addressRefusal: AddressRefusal;
    logger: Logger;
  }) {
    this.#basePath = options.basePath;
    this.#routes = new Map(options.routes);
    this.#transports = new Map(
      options.transports.flatMap((transport) => (transport.path === undefined ? [] : [[transport.path, transport]])),
    );
    this.#origins = options.origins;
    this.#admits = options.admits;
    this.#addressRefusal = options.addressRefusal;
    this.#logger = options.logger;
  }

  /** Adds a route that is not there from the start; the same path again is the same route. */
  add(path: string, route: Route): void {
    this.#routes.set(path, route);
  }

  /** Whether a request is for a transport that takes upgrades. */
  takesUpgrade(req: IncomingMessage): boolean {
    return this.#transports.get(this.#pathOf(req) ?? '')?.handleUpgrade !== undefined;
  }

  /** Answers a request below the base path; `false` leaves it to the application. */
  handle(req: IncomingMessage, res: ServerResponse): boolean {
    const path = this.#pathOf(req);
    if (path === undefined) return false;
    this.#answer(path, req, res).catch((error: unknown) => {
      if (!(error instanceof RealtimeError)) this.#logger.error('a request failed', { path, error: String(error) });
      if (res.headersSent) res.destroy();
      else answerError(req, res, toRealtimeError(error, 'HANDLER_FAILED', 'the server failed to answer'));
    });
    return true;
  }

  /** Takes an upgrade below the base path; `false` leaves it to the application. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Uint8Array): boolean {
    const path = this.#pathOf(req);
    if (path === undefined) return false;
    const transport = this.#transports.get(path);
    if (transport?.handleUpgrade === undefined) {
      refuseUpgrade(socket, new RealtimeError('NOT_FOUND', 'no transport takes upgrades at this path'));
      return true;
    }
    // Every upgrade is a new connection. What a request of another transport opens, `open` refuses.
    const refusal = this.#originRefusal(req) ?? this.#admits() ?? this.#addressRefusal(req);
    if (refusal === undefined) transport.handleUpgrade(req, socket, head);
    else refuseUpgrade(socket, refusal);
    return true;
  }

  async #answer(path: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const route = this.#routes.get(path);
    const transport = this.#transports.get(path);
    if (route?.isForPages ?? transport?.handleRequest !== undefined) {
      const refusal = this.#originRefusal(req);
      if (refusal !== undefined) throw refusal;
      allowPage(req, res);
      if (req.method === 'OPTIONS') return answerPreflight(res);
    }
    if (route !== undefined) {
      if (!route.methods.includes(req.method ?? '')) {
        res.setHeader('allow', route.methods.join(', '));
        throw new RealtimeError('METHOD_NOT_ALLOWED', `this path takes ${route.methods.join(', ')}`);
      }
      await route.handle(req, res);
      return;
    }
    if (transport === undefined) throw new RealtimeError('NOT_FOUND', 'there is nothing at this path');
    if (transport.handleRequest === undefined) {
      res.setHeader('upgrade', 'websocket');
      throw new RealtimeError('BAD_FRAME', 'this path takes WebSocket upgrades only');
    }
    // Those who are here already go on until they have gone.
    const refusal = req.headers[SESSION_HEADER] === undefined ? this.#admits() : undefined;
    if (refusal !== undefined) throw refusal;
    await transport.handleRequest(req, res);
  }

  #originRefusal(req: IncomingMessage): RealtimeError | undefined {
    if (this.#origins.allows(req)) return undefined;
    return new RealtimeError('FORBIDDEN', 'pages of this origin may not connect: see allowedOrigins');
  }

  /** The path below the base path, without the query; `undefined` where it is not ours. */
  #pathOf(req: IncomingMessage): string | undefined {
    const url = req.url ?? '';
    if (!url.startsWith(this.#basePath)) return undefined;
    const query = url.indexOf('?');
    const path = url.slice(this.#basePath.length, query === -1 ? undefined : query);
    return path === '' || path.startsWith('/') ? path : undefined;
  }
}
