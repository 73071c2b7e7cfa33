import { memoryBroker } from '@rt/core';
import type { Broker, Transport } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { sse } from '@rt/transport-sse';
import { websocket } from '@rt/transport-ws';
import { certificateRemedy } from './certificate-remedy.ts';
import { natsEnvironment } from './nats-environment.ts';
import { nullBroker } from './null-broker.ts';
import { rabbitmqEnvironment } from './rabbitmq-environment.ts';
import { redisEnvironment } from './redis-environment.ts';

/** A transport by name; `all` is all of them. */
export type NamedTransport = 'websocket' | 'sse' | 'longpolling' | 'all';

/**
 * A broker that this version has by name: `memory`, for this process only; `redis`, `nats` and `rabbitmq`, at the place that the
 * environment names; `null`, which brings no message to anybody.
 */
export type BrokerName = 'memory' | 'redis' | 'nats' | 'rabbitmq' | 'null';

/** The broker to use, and what people are told about it. */
export interface ChosenBroker {
  readonly broker: Broker;
  /** What and where it is, in a few words without secrets. */
  readonly about: string;
  /** What to do where it can't be used, for this reason. */
  readonly remedy: (reason: string) => string;
}

/** Transports by the name that is built in. */
export const TRANSPORTS: ReadonlyMap<string, () => Transport> = new Map([
  ['websocket', () => websocket()],
  ['sse', () => sse()],
  ['longpolling', () => longPolling()],
]);

/** Stands for every built-in transport. */
export const ALL = 'all';

/** Brokers by the name that is built in. */
export const BROKERS: ReadonlyMap<string, () => Promise<ChosenBroker>> = new Map([
  ['memory', async () => withoutServer(memoryBroker(), 'memory: this process only')],
  ['redis', redisOfEnvironment],
  ['nats', natsOfEnvironment],
  ['rabbitmq', rabbitmqOfEnvironment],
  ['null', async () => withoutServer(nullBroker(), 'null: messages go nowhere')],
]);

/** Whether it can be a transport or a broker: what more they must have, core checks. */
export function isPlug(value: unknown): value is Transport | Broker {
  return typeof value === 'object' && value !== null && 'close' in value && typeof value.close === 'function';
}

function withoutServer(broker: Broker, about: string): ChosenBroker {
  return { broker, about, remedy: () => 'choose another with --broker' };
}

async function redisOfEnvironment(): Promise<ChosenBroker> {
  const { options, place } = redisEnvironment();
  const where = options.url === undefined ? 'REDIS_HOST and REDIS_PORT' : 'REDIS_URL';
  const login =
    options.url === undefined || options.password !== undefined ? 'REDIS_USERNAME and REDIS_PASSWORD' : 'REDIS_URL';
  // Only who uses Redis waits for its client to load.
  const { redisBroker } = await import('@rt/broker-redis');
  return {
    broker: redisBroker(options),
    about: `redis at ${place}`,
    remedy: (reason) =>
      certificateRemedy(reason) ??
      (/WRONGPASS|NOAUTH|NOPERM/.test(reason) ? `correct ${login}` : `start one there, or correct ${where}`),
  };
}

async function natsOfEnvironment(): Promise<ChosenBroker> {
  const { options, place } = natsEnvironment();
  const { natsBroker } = await import('@rt/broker-nats');
  return {
    broker: natsBroker(options),
    about: `nats at ${place}`,
    remedy: (reason) =>
      certificateRemedy(reason) ??
      (/authorization|permission/i.test(reason)
        ? 'correct the user and password in NATS_URL'
        : 'start one there, with JetStream (-js), or correct NATS_URL'),
  };
}

async function rabbitmqOfEnvironment(): Promise<ChosenBroker> {
  const { options, isUrl } = rabbitmqEnvironment();
  const { rabbitmqBroker } = await import('@rt/broker-rabbitmq');
  const broker = rabbitmqBroker(options);
  const login = isUrl && options.user === undefined ? 'RABBITMQ_URL' : 'RABBITMQ_USER and RABBITMQ_PASSWORD';
  const vhost = isUrl && options.vhost === undefined ? 'RABBITMQ_URL' : 'RABBITMQ_VHOST';
  const where = isUrl ? 'RABBITMQ_URL' : 'RABBITMQ_HOST and RABBITMQ_PORT';
  return {
    broker,
    about: `rabbitmq at ${broker.target}`,
    remedy: (reason) => {
      if (reason.includes('ACCESS_REFUSED')) return `correct the user and password in ${login}`;
      return reason.includes('there is no vhost') ? `correct it in ${vhost}` : `start one there, or correct ${where}`;
    },
  };
}
