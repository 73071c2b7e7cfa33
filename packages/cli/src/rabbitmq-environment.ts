import type { RabbitmqBrokerOptions } from '@rt/broker-rabbitmq';
import { usageError } from './command-error.ts';
import { trueOrFalse, wholeNumber } from './environment-value.ts';

const URL_SHAPE = 'amqp://[user:password@]host[:port][/vhost], or amqps:// for TLS';
const EXCHANGE_TYPES = ['topic', 'direct', 'fanout'] as const;
/** What a name of an exchange or queue may consist of. */
const NAME = /^(?!amq\.)[A-Za-z0-9_.:-]{1,100}$/;

/** The options of RabbitMQ's broker, as the environment says. */
export interface RabbitmqPlace {
  readonly options: RabbitmqBrokerOptions;
  /** Whether the environment says it all in `RABBITMQ_URL`. */
  readonly isUrl: boolean;
}

/**
 * Reads `RABBITMQ_URL` (several of one cluster are separated by commas), or `RABBITMQ_HOST` (127.0.0.1) and `RABBITMQ_PORT` (5672), and
 * `RABBITMQ_USER`, `RABBITMQ_PASSWORD` and `RABBITMQ_VHOST`, which may add what the URL leaves out; and what the exchange and the queues
 * are like. Throws usage errors, in which no value of a URL or password stands.
 */
export function rabbitmqEnvironment(env: NodeJS.ProcessEnv = process.env): RabbitmqPlace {
  // An empty variable is an unset one.
  const read = (name: string): string | undefined => env[`RABBITMQ_${name}`] || undefined;
  const flag = (name: string): boolean | undefined => trueOrFalse(`RABBITMQ_${name}`, read(name));
  const beside = {
    host: read('HOST'),
    port: wholeNumber('RABBITMQ_PORT', read('PORT'), { from: 1, to: 65_535 }),
    user: read('USER'),
    password: read('PASSWORD'),
    vhost: read('VHOST'),
  };
  const url = read('URL');
  const place = url === undefined ? beside : placeOf(url, beside);
  if (url === undefined && (beside.user === undefined) !== (beside.password === undefined)) {
    throw usageError('RABBITMQ_USER and RABBITMQ_PASSWORD belong together: set both');
  }
  const options = {
    ...place,
    exchange: named('RABBITMQ_EXCHANGE', read('EXCHANGE')),
    exchangeType: exchangeType(read('EXCHANGE_TYPE')),
    prefetchCount: wholeNumber('RABBITMQ_PREFETCH_COUNT', read('PREFETCH_COUNT'), { from: 1, to: 65_535 }),
    queuePrefix: named('RABBITMQ_QUEUE_PREFIX', read('QUEUE_PREFIX')),
    durable: flag('QUEUE_DURABLE'),
    exclusive: flag('QUEUE_EXCLUSIVE'),
    autoDelete: flag('QUEUE_AUTO_DELETE'),
    persistentMessages: flag('PERSISTENT_MESSAGES'),
  };
  return { options: withoutUndefined(options), isUrl: url !== undefined };
}

type Beside = Readonly<Record<'host' | 'user' | 'password' | 'vhost', string | undefined>> & {
  readonly port: number | undefined;
};

function placeOf(text: string, beside: Beside): Partial<RabbitmqBrokerOptions> {
  const urls = text.split(',').map((each) => parsed(each.trim()));
  for (const url of urls) refuseContradictions(url, beside);
  const { user, password, vhost } = beside;
  if ((user === undefined) !== (password === undefined)) {
    throw usageError('RABBITMQ_USER and RABBITMQ_PASSWORD belong together: set both, or both in RABBITMQ_URL');
  }
  const [first, ...others] = urls.map(({ href }) => href);
  return withoutUndefined({
    ...(others.length === 0 ? { url: first } : { servers: [first!, ...others] }),
    user,
    password,
    vhost,
  });
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : new URL('x:');
  if (!/^amqps?:$/.test(url.protocol) || url.hostname === '' || !/^(?:\/[^/]*)?$/.test(url.pathname)) {
    throw usageError(`RABBITMQ_URL is no URL of a RabbitMQ: use ${URL_SHAPE}`);
  }
  try {
    decodeURIComponent(url.username + url.password + url.pathname);
  } catch {
    // Not as its cause: that would carry the text.
    throw usageError('RABBITMQ_URL has a % in its user, password or vhost that begins no code: write it as %25');
  }
  return url;
}

function refuseContradictions(url: URL, beside: Beside): void {
  const path = decodeURIComponent(url.pathname.slice(1));
  const inUrl = {
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port: url.port === '' ? undefined : Number(url.port),
    user: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    vhost: path || undefined,
  };
  for (const part of ['host', 'port', 'user', 'password', 'vhost'] as const) {
    if (beside[part] === undefined || inUrl[part] === beside[part]) continue;
    // What a URL leaves out may stand beside it, but for where RabbitMQ is.
    if (inUrl[part] === undefined && part !== 'port') continue;
    throw usageError(`RABBITMQ_URL and RABBITMQ_${part.toUpperCase()} contradict each other: unset one of them`);
  }
}

function exchangeType(text: string | undefined): RabbitmqBrokerOptions['exchangeType'] | undefined {
  const type = EXCHANGE_TYPES.find((each) => each === text);
  if (type !== undefined || text === undefined) return type;
  throw usageError(`RABBITMQ_EXCHANGE_TYPE is "${text}": use ${EXCHANGE_TYPES.join(', ')}`);
}

function named(name: string, text: string | undefined): string | undefined {
  if (text === undefined || NAME.test(text)) return text;
  throw usageError(`${name} is "${text}": use up to 100 characters of A-Z a-z 0-9 _ . : -, not amq.…`);
}

/** As an option that is not given. */
function withoutUndefined<Values extends object>(values: Values): { [Key in keyof Values]?: NonNullable<Values[Key]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Values]?: NonNullable<Values[Key]>;
  };
}
