import { badOption, checkEachOption, optionChecks } from '@rt/core';
import type { OptionCheck } from '@rt/core';
import type { Cluster, Redis } from 'ioredis';
import type { ConnectionOptions } from 'node:tls';

const FACTORY = 'redisBroker';

/** Where one server listens. */
export interface RedisAddress {
  readonly host: string;
  /** Default 6379, of a sentinel 26379. */
  readonly port?: number;
}

/**
 * How to reach Redis: one of `url` or `host` and `port`, `sentinels`, `cluster` and `connect`; nothing: 127.0.0.1:6379.
 * Passwords given here never show up in a log or an error.
 */
export interface RedisBrokerOptions {
  /** `redis://[user[:password]@]host[:port][/db]`, or `rediss://` for TLS. */
  readonly url?: string;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 6379. */
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  /** The database, 0 to 1023. Default 0. A cluster has only that one. */
  readonly db?: number;
  /** Encrypts the connections. `true`, or what `tls.connect` of Node takes, e.g. `{ ca }`. Default: not encrypted. */
  readonly tls?: boolean | ConnectionOptions;
  /** The sentinels to ask for the master called `name`. */
  readonly sentinels?: readonly RedisAddress[];
  /** What the sentinels call the master. */
  readonly name?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** Some of a Redis Cluster's nodes; the others are found through them. */
  readonly cluster?: readonly RedisAddress[];
  /**
   * A client of ioredis, for what the options above can't say. It serves as a pattern: the broker makes its own connections with the
   * same options, and closes this one.
   */
  readonly connect?: () => Redis | Cluster;
  /** What all keys and channels in Redis begin with. Nodes with the same one form one cluster. Default `rt`. */
  readonly namespace?: string;
}

/** Options after the check. */
export interface RedisTarget {
  readonly options: RedisBrokerOptions;
  readonly namespace: string;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isPort = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isAddress = (value: unknown): boolean =>
  isObject(value) &&
  isText(Reflect.get(value, 'host')) &&
  (Reflect.get(value, 'port') === undefined || isPort(Reflect.get(value, 'port')));
const isAddresses = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isAddress);
const ADDRESSES = 'a list of { host, port }';

const { functionThat, matching, secret, text } = optionChecks;

const CHECKS: Readonly<Record<keyof RedisBrokerOptions, OptionCheck>> = {
  url: secret({
    is: isRedisUrl,
    allowed: 'redis://host:port/db or rediss://…, with % and @ in a password written as %25 and %40',
  }),
  host: { ...text, allowed: 'a host name or address' },
  port: { is: isPort, allowed: '1 to 65535' },
  username: text,
  password: secret(text),
  db: {
    is: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 1024,
    allowed: '0 to 1023',
  },
  tls: secret({
    is: (value) => typeof value === 'boolean' || isObject(value),
    allowed: 'true, false or the options of tls.connect',
  }),
  sentinels: { is: isAddresses, allowed: ADDRESSES },
  name: { ...text, allowed: 'what the sentinels call the master' },
  sentinelUsername: text,
  sentinelPassword: secret(text),
  cluster: { is: isAddresses, allowed: ADDRESSES },
  connect: functionThat('returns a client of ioredis'),
  namespace: matching(/^[A-Za-z0-9_.:-]{1,64}$/, '1 to 64 characters of A-Z a-z 0-9 _ . : -'),
};

/** Which options say where Redis is, each set without the others. */
const WAYS: readonly (readonly (keyof RedisBrokerOptions)[])[] = [
  ['url', 'host', 'port'],
  ['sentinels'],
  ['cluster'],
  ['connect'],
];

/** Checks options. Throws `BAD_OPTION`, which names the option and what it may be. */
export function parseOptions(options: RedisBrokerOptions): RedisTarget {
  checkEachOption(FACTORY, options, CHECKS);
  const given = WAYS.filter((way) => way.some((key) => options[key] !== undefined));
  if (given.length > 1) {
    throw badOption(FACTORY, `of ${given.map(([key]) => key).join(' and ')} only one may be given`);
  }
  if (options.url !== undefined && (options.host ?? options.port) !== undefined) {
    throw badOption(FACTORY, 'host and port are part of url');
  }
  if (options.sentinels !== undefined && options.name === undefined) {
    throw badOption(FACTORY, 'name must be given with sentinels: what they call the master');
  }
  if (options.cluster !== undefined && options.db !== undefined) throw badOption(FACTORY, 'a cluster has no db');
  return { options, namespace: options.namespace ?? 'rt' };
}

function isRedisUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, pathname, username, password } = new URL(value);
  try {
    // What has a bare % can't be read.
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return (protocol === 'redis:' || protocol === 'rediss:') && hostname !== '' && /^\/?\d{0,4}$/.test(pathname);
}
