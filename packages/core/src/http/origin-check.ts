import type { IncomingMessage } from 'node:http';

const LOCAL = /^https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/;

/**
 * Whether the page behind a request may connect. Only browsers send an `Origin` (RFC 6454 §7), and they always send it
 * with an upgrade (RFC 6455 §4.1), so a request without one comes from no page and passes.
 * Compared exactly: no suffixes, no `null`, no user info, no other spelling of the same host.
 */
export class OriginCheck {
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #allowsLocal: boolean;

  /** Without `allowed`: the server's own origin and, outside production, this machine's. */
  constructor(allowed: readonly string[] | undefined, isProduction: boolean) {
    this.#allowed = allowed === undefined ? undefined : new Set(allowed);
    this.#allowsLocal = allowed === undefined && !isProduction;
  }

  allows(req: IncomingMessage): boolean {
    const { origin, host } = req.headers;
    if (origin === undefined) return true;
    if (this.#allowed !== undefined) return this.#allowed.has(origin);
    if (this.#allowsLocal && LOCAL.test(origin)) return true;
    return host !== undefined && isSameHost(origin, host);
  }
}

/** Whether `origin`, as browsers spell it, names `host`. TLS may end before this server, so only the scheme is free. */
function isSameHost(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { origin: canonical, protocol, host: originHost } = new URL(origin);
  if (canonical !== origin || (protocol !== 'http:' && protocol !== 'https:')) return false;
  const own = `${protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === originHost;
}
