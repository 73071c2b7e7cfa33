import { badOption, checkAlternatives, checkEachOption, optionChecks } from '@rt/core';
import type { OptionCheck } from '@rt/core';
import type { ChannelModel } from 'amqplib';
import type { ConnectionOptions } from 'node:tls';

const FACTORY = 'rabbitmqBroker';

/**
 * How to reach RabbitMQ: one of `url`, `servers`, `host` and `port`, and `connect`; nothing: 127.0.0.1:5672. Passwords given here never
 * show up in a log or an error.
 */
export interface RabbitmqBrokerOptions {
  /** `amqp://[user[:password]@]host[:port][/vhost]`, or `amqps://` for TLS. */
  readonly url?: string;
  /** The nodes of a cluster, each as `url` says: one after the other is tried. */
  readonly servers?: readonly string[];
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 5672, with TLS 5671. */
  readonly port?: number;
  /** Default `guest`, as is the password. Both win over those in a URL. */
  readonly user?: string;
  readonly password?: string;
  /** Default `/`. Wins over the one in a URL. */
  readonly vhost?: string;
  /** Encrypts the connections. `true`, or what `tls.connect` of Node takes, e.g. `{ ca }`. Default: only where `url` says so. */
  readonly tls?: boolean | ConnectionOptions;
  /**
   * Makes a connection of amqplib, for what the options above can't say. Called twice at the start, and twice again after each loss;
   * the broker closes what it returns.
   */
  readonly connect?: () => Promise<ChannelModel>;
  /** After how many seconds of silence either side takes the connection for lost, 1 to 600. Default 10. */
  readonly heartbeatSeconds?: number;
  /** The exchange of the bus. Made where it is not there. Default `realtime`. */
  readonly exchange?: string;
  /** With `fanout` every node reads the bus of all. Default `topic`. */
  readonly exchangeType?: 'topic' | 'direct' | 'fanout';
  /** How many messages RabbitMQ sends ahead of what a node has taken, from each queue, 1 to 65,535. Default 250. */
  readonly prefetchCount?: number;
  /** What the names of all queues begin with, before the namespace. Default none. */
  readonly queuePrefix?: string;
  /** Whether the queue of a node is durable. Default `false`: it lives as long as the connection. */
  readonly durable?: boolean;
  /** Whether the queue of a node is for its connection alone. Default `true`. */
  readonly exclusive?: boolean;
  /** Whether the queue of a node goes with its reader. Default `true`. */
  readonly autoDelete?: boolean;
  /** Whether messages of the bus are written to disk where the queue is durable. Default `false`. */
  readonly persistentMessages?: boolean;
  /** What all routing keys and queues begin with. Nodes with the same one form one cluster. Default `rt`. */
  readonly namespace?: string;
  /** `false`: the bus only, for a RabbitMQ without stream queues. Default `true`. */
  readonly streams?: boolean;
  /** In how many streams the log is spread, 1 to 64. All nodes need the same number. Default 8. */
  readonly partitions?: number;
  /** What clients can come back to when a node has just started, in milliseconds, up to 24 hours. Default 10 minutes. */
  readonly retentionMs?: number;
  /** What RabbitMQ keeps of each stream, in bytes, from 64 MiB. Default 2 GiB. */
  readonly maxStreamBytes?: number;
  /** What a node keeps of the log in memory, in bytes: beyond it the channels used least recently give way. Default 64 MiB. */
  readonly maxLogBytes?: number;
}

const { between, flag, functionThat, matching, secret, text } = optionChecks;
const URLS = 'amqp://host:port/vhost or amqps://…, with % and @ in a password written as %25 and %40';

const CHECKS: Readonly<Record<keyof RabbitmqBrokerOptions, OptionCheck>> = {
  url: secret({ is: isRabbitmqUrl, allowed: URLS }),
  servers: secret({
    is: (value) => Array.isArray(value) && value.length > 0 && value.every(isRabbitmqUrl),
    allowed: `a list of ${URLS}`,
  }),
  host: { ...text, allowed: 'a host name or address' },
  port: between(1, 65_535),
  user: text,
  password: secret(text),
  vhost: matching(/^[^\0]{1,255}$/, 'the name of a virtual host'),
  tls: secret({
    is: (value) => typeof value === 'boolean' || (typeof value === 'object' && value !== null),
    allowed: 'true, false or the options of tls.connect',
  }),
  connect: functionThat('returns a connection of amqplib'),
  heartbeatSeconds: between(1, 600),
  exchange: matching(/^(?!amq\.)[A-Za-z0-9_.:-]{1,127}$/, '1 to 127 characters of A-Z a-z 0-9 _ . : -, not amq.…'),
  exchangeType: {
    is: (value) => value === 'topic' || value === 'direct' || value === 'fanout',
    allowed: 'topic, direct or fanout',
  },
  prefetchCount: between(1, 65_535),
  queuePrefix: matching(/^(?!amq\.)[A-Za-z0-9_.:-]{0,100}$/, 'up to 100 characters of A-Z a-z 0-9 _ . : -, not amq.…'),
  durable: flag,
  exclusive: flag,
  autoDelete: flag,
  persistentMessages: flag,
  namespace: matching(/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 characters of A-Z a-z 0-9 _ -'),
  streams: flag,
  partitions: between(1, 64),
  retentionMs: between(1_000, 86_400_000),
  maxStreamBytes: between(64 * 1024 * 1024, Number.MAX_SAFE_INTEGER),
  maxLogBytes: between(1_024, Number.MAX_SAFE_INTEGER),
};

/** Options of which only one may be given. */
const ALTERNATIVES: readonly (readonly (keyof RabbitmqBrokerOptions)[])[] = [
  ['url', 'servers', 'host', 'connect'],
  ['url', 'servers', 'port', 'connect'],
  ['user', 'connect'],
  ['vhost', 'connect'],
  ['tls', 'connect'],
  ['heartbeatSeconds', 'connect'],
];

/** Checks options. Throws `BAD_OPTION`, which names the option and what it may be. */
export function checkOptions(options: RabbitmqBrokerOptions): void {
  checkEachOption(FACTORY, options, CHECKS);
  for (const names of ALTERNATIVES) checkAlternatives(FACTORY, options, names);
  if ((options.user === undefined) !== (options.password === undefined)) {
    throw badOption(FACTORY, 'user and password belong together');
  }
}

function isRabbitmqUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, pathname, username, password } = new URL(value);
  try {
    // What has a bare % can't be read.
    decodeURIComponent(username + password + pathname);
  } catch {
    return false;
  }
  return (protocol === 'amqp:' || protocol === 'amqps:') && hostname !== '' && /^(?:\/[^/]*)?$/.test(pathname);
}
