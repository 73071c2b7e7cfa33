import type { RedisBrokerOptions } from '@rt/broker-redis';
import { usageError } from './command-error.ts';
import { wholeNumber } from './environment-value.ts';

const URL_SHAPE = 'redis://[[user]:password@]host[:port][/database], or rediss:// for TLS';

/** Where Redis is: the options of its broker, and the same for people, without secrets. */
export interface RedisPlace {
  readonly options: RedisBrokerOptions;
  /** E.g. `127.0.0.1:6379, database 2`. */
  readonly place: string;
}

/**
 * Reads `REDIS_URL`, or `REDIS_HOST` (127.0.0.1) and `REDIS_PORT` (6379), and `REDIS_USERNAME`, `REDIS_PASSWORD` and `REDIS_DB`
 * (0). The latter may add what the URL leaves out. Throws usage errors, in which no value of a URL or password stands.
 */
export function redisEnvironment(env: NodeJS.ProcessEnv = process.env): RedisPlace {
  // An empty variable is an unset one.
  const read = (name: string): string | undefined => env[name] || undefined;
  const username = read('REDIS_USERNAME');
  const password = read('REDIS_PASSWORD');
  const db = wholeNumber('REDIS_DB', read('REDIS_DB'), { from: 0, to: 1023 });
  const port = wholeNumber('REDIS_PORT', read('REDIS_PORT'), { from: 1, to: 65_535 });
  const host = read('REDIS_HOST');
  const login = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(db === undefined ? {} : { db }),
  };
  const url = read('REDIS_URL');
  if (url === undefined) {
    const address = { host: host ?? '127.0.0.1', port: port ?? 6379 };
    return { options: { ...address, ...login }, place: placeOf(address.host, address.port, db) };
  }
  const parts = urlParts(url);
  refuseContradictions(parts, { host, port, username, password, db });
  return { options: { url, ...login }, place: placeOf(parts.host, parts.port, db ?? parts.db) };
}

/** What a URL says, or the environment beside it. `undefined`: nothing. */
interface Parts {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number | undefined;
}

function urlParts(text: string): Parts & { readonly host: string; readonly port: number } {
  const { protocol, hostname, port, username, password, pathname } = URL.canParse(text) ? new URL(text) : new URL('x:');
  if (!/^rediss?:$/.test(protocol) || hostname === '' || !/^\/?\d{0,4}$/.test(pathname)) {
    throw usageError(`REDIS_URL is no URL of a Redis: use ${URL_SHAPE}`);
  }
  const database = pathname.replace('/', '');
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 6379 : Number(port),
    username: decoded(username),
    password: decoded(password),
    db: database === '' ? undefined : Number(database),
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text) || undefined;
  } catch {
    // Not as its cause: that would carry the text.
    throw usageError('REDIS_URL has a % in its user or password that begins no code: write it as %25');
  }
}

function refuseContradictions(inUrl: Parts, beside: Parts): void {
  for (const part of ['host', 'port', 'username', 'password', 'db'] as const) {
    if (beside[part] === undefined || inUrl[part] === undefined || beside[part] === inUrl[part]) continue;
    throw usageError(`REDIS_URL and REDIS_${part.toUpperCase()} contradict each other: unset one of them`);
  }
}

function placeOf(host: string, port: number, db = 0): string {
  // As in a URL: an IPv6 address in brackets.
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return db === 0 ? address : `${address}, database ${db}`;
}
