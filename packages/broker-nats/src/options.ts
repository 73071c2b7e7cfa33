import type { NatsConnection, TlsOptions } from '@nats-io/transport-node';
import { RealtimeError } from '@rt/protocol';

/**
 * How to reach NATS: one of `url`, `servers` and `connect`; nothing: 127.0.0.1:4222. Passwords given here never show up in a log or an
 * error.
 */
export interface NatsBrokerOptions {
  /** `nats://[user[:password]@]host[:port]`, or `tls://` for TLS. */
  readonly url?: string;
  /** Some of a cluster's servers, each as `url` says but without a user; the others are found through them. */
  readonly servers?: readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** The path of a `.creds` file, as `nsc` and Synadia Cloud make them. */
  readonly credentials?: string;
  /** Encrypts the connection. `true`, or `{ caFile, certFile, keyFile, … }` of NATS' own client. Default: only where `url` says so. */
  readonly tls?: boolean | TlsOptions;
  /**
   * Makes the connection, for what the options above can't say; the broker closes it. It has to reconnect without end
   * (`maxReconnectAttempts: -1`).
   */
  readonly connect?: () => Promise<NatsConnection>;
  /** What all subjects and streams in NATS begin with. Nodes with the same one form one cluster. Default `rt`. */
  readonly namespace?: string;
  /** `false`: the bus only, for a NATS without JetStream. Default `true`. */
  readonly jetstream?: boolean;
  /** In how many streams the log is spread, 1 to 64. All nodes need the same number. Default 4. */
  readonly partitions?: number;
  /** On how many servers each of them is stored, 1 to 5. Default 1. */
  readonly replicas?: number;
  /** Where: `file` survives the end of the server. Default `file`. */
  readonly storage?: 'file' | 'memory';
  /** What clients can come back to when a node has just started, in milliseconds, up to 24 hours. Default 10 minutes. */
  readonly retentionMs?: number;
  /** What a node keeps of the log in memory, in bytes: beyond it the channels used least recently give way. Default 64 MiB. */
  readonly maxLogBytes?: number;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isBetween = (low: number, high: number) => ({
  is: (value: unknown): boolean => Number.isInteger(value) && Number(value) >= low && Number(value) <= high,
  allowed: `a whole number from ${low} to ${high}`,
});

/** What each option may be. A secret's value is not shown. */
const CHECKS: Readonly<
  Record<keyof NatsBrokerOptions, { is: (value: unknown) => boolean; allowed: string; isSecret?: true }>
> = {
  url: { is: isNatsUrl, allowed: 'nats://host:port or tls://…', isSecret: true },
  servers: {
    is: (value) => Array.isArray(value) && value.length > 0 && value.every(isNatsUrl),
    allowed: 'a list of nats://host:port',
    isSecret: true,
  },
  user: { is: isText, allowed: 'a text that is not empty' },
  password: { is: isText, allowed: 'a text that is not empty', isSecret: true },
  token: { is: isText, allowed: 'a text that is not empty', isSecret: true },
  credentials: { is: isText, allowed: 'the path of a .creds file' },
  tls: {
    is: (value) => typeof value === 'boolean' || (typeof value === 'object' && value !== null),
    allowed: 'true, false or the options of NATS for TLS',
    isSecret: true,
  },
  connect: { is: (value) => typeof value === 'function', allowed: 'a function that returns a connection' },
  namespace: {
    is: (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value),
    allowed: '1 to 64 characters of A-Z a-z 0-9 _ -',
  },
  jetstream: { is: (value) => typeof value === 'boolean', allowed: 'true or false' },
  partitions: isBetween(1, 64),
  replicas: isBetween(1, 5),
  storage: { is: (value) => value === 'file' || value === 'memory', allowed: 'file or memory' },
  retentionMs: isBetween(1_000, 86_400_000),
  maxLogBytes: isBetween(1_024, Number.MAX_SAFE_INTEGER),
};

/** Options of which only one may be given. */
const ALTERNATIVES: readonly (readonly (keyof NatsBrokerOptions)[])[] = [
  ['url', 'servers', 'connect'],
  ['user', 'token', 'credentials', 'connect'],
  ['tls', 'connect'],
];

/** Checks options. Throws `BAD_OPTION`, which names the option and what it may be. */
export function checkOptions(options: NatsBrokerOptions): void {
  for (const [key, value] of Object.entries(options)) {
    const check = Object.hasOwn(CHECKS, key) ? CHECKS[key as keyof NatsBrokerOptions] : undefined;
    if (check === undefined) throw badOption(`there is no option ${key}`);
    if (value !== undefined && !check.is(value)) {
      const shown = check.isSecret ? '' : ` is ${show(value)},`;
      throw badOption(`${key}${shown} must be ${check.allowed}`);
    }
  }
  for (const names of ALTERNATIVES) {
    const given = names.filter((name) => options[name] !== undefined);
    if (given.length > 1) throw badOption(`of ${given.join(' and ')} only one may be given`);
  }
  if ((options.user === undefined) !== (options.password === undefined)) {
    throw badOption('user and password belong together');
  }
}

function isNatsUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, pathname } = new URL(value);
  return (protocol === 'nats:' || protocol === 'tls:') && hostname !== '' && (pathname === '' || pathname === '/');
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 100) ?? typeof value;
}

function badOption(message: string): RealtimeError {
  return new RealtimeError('BAD_OPTION', `natsBroker: ${message}`);
}
