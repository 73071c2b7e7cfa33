import type { IncomingMessage } from 'node:http';
import type { PublicOrigin, TrustedProxies } from './trusted-proxies.ts';

const LOCAL = /^https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/;

/**
 * Whether the page behind a request may connect. Only browsers send an `Origin` (RFC 6454 §7), and they always send it
 * with an upgrade (RFC 6455 §4.1), so a request without one comes from no page and passes.
 * Compared exactly: no suffixes, no `null`, no user info, no other spelling of the same host.
 */
export class OriginCheck {
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #allowsLocal: boolean;
  readonly #proxies: TrustedProxies;

  /** Without `allowed`: the server's own origin, as `proxies` tell it, and, outside production, this machine's. */
  constructor(allowed: readonly string[] | undefined, isProduction: boolean, proxies: TrustedProxies) {
    this.#allowed = allowed === undefined ? undefined : new Set(allowed);
    this.#allowsLocal = allowed === undefined && !isProduction;
    this.#proxies = proxies;
  }

  allows(req: IncomingMessage): boolean {
    const { origin } = req.headers;
    if (origin === undefined) return true;
    if (this.#allowed !== undefined) return this.#allowed.has(origin);
    if (this.#allowsLocal && LOCAL.test(origin)) return true;
    return isOwn(origin, this.#proxies.publicOriginOf(req));
  }
}

/**
 * Whether `origin`, as browsers spell it, is the server's own. TLS may end before this server, so the scheme is free unless
 * a trusted proxy tells it: then a page that came without TLS can't connect to what is served with it.
 */
function isOwn(origin: string, { host, scheme }: PublicOrigin): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const { origin: canonical, protocol } = new URL(origin);
  if (canonical !== origin || (protocol !== 'http:' && protocol !== 'https:')) return false;
  const own = `${scheme === undefined ? protocol : `${scheme}:`}//${host}`;
  return URL.canParse(own) && new URL(own).origin === origin;
}
