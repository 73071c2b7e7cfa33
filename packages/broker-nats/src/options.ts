import type { NatsConnection, TlsOptions } from '@nats-io/transport-node';
import { badOption, checkAlternatives, checkEachOption, optionChecks } from '@rt/core';
import type { OptionCheck } from '@rt/core';

const FACTORY = 'natsBroker';

/**
 * How to reach NATS: one of `url`, `servers` and `connect`; nothing: 127.0.0.1:4222. Passwords given here never show up in a log or an
 * error.
 */
export interface NatsBrokerOptions {
  /** `nats://[user:password@]host[:port]`, or `tls://` for TLS; a name without a password is a token. */
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

const { between, flag, functionThat, matching, secret, text } = optionChecks;

const CHECKS: Readonly<Record<keyof NatsBrokerOptions, OptionCheck>> = {
  url: secret({ is: isNatsUrl, allowed: 'nats://host:port or tls://…' }),
  servers: secret({
    is: (value) => Array.isArray(value) && value.length > 0 && value.every(isNatsUrl),
    allowed: 'a list of nats://host:port',
  }),
  user: text,
  password: secret(text),
  token: secret(text),
  credentials: { ...text, allowed: 'the path of a .creds file' },
  tls: secret({
    is: (value) => typeof value === 'boolean' || (typeof value === 'object' && value !== null),
    allowed: 'true, false or the options of NATS for TLS',
  }),
  connect: functionThat('returns a connection'),
  namespace: matching(/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 characters of A-Z a-z 0-9 _ -'),
  jetstream: flag,
  partitions: between(1, 64),
  replicas: between(1, 5),
  storage: { is: (value) => value === 'file' || value === 'memory', allowed: 'file or memory' },
  retentionMs: between(1_000, 86_400_000),
  maxLogBytes: between(1_024, Number.MAX_SAFE_INTEGER),
};

/** Options of which only one may be given. */
const ALTERNATIVES: readonly (readonly (keyof NatsBrokerOptions)[])[] = [
  ['url', 'servers', 'connect'],
  ['user', 'token', 'credentials', 'connect'],
  ['tls', 'connect'],
];

/** Checks options. Throws `BAD_OPTION`, which names the option and what it may be. */
export function checkOptions(options: NatsBrokerOptions): void {
  checkEachOption(FACTORY, options, CHECKS);
  for (const names of ALTERNATIVES) checkAlternatives(FACTORY, options, names);
  if ((options.user === undefined) !== (options.password === undefined)) {
    throw badOption(FACTORY, 'user and password belong together');
  }
}

function isNatsUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, pathname } = new URL(value);
  return (protocol === 'nats:' || protocol === 'tls:') && hostname !== '' && (pathname === '' || pathname === '/');
}
