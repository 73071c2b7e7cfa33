import { memoryBroker } from '@rt/core';
import type { Broker, Transport } from '@rt/core';
import { websocket } from '@rt/transport-ws';
import { natsEnvironment } from './nats-environment.ts';
import { nullBroker } from './null-broker.ts';
import { redisEnvironment } from './redis-environment.ts';

/** A transport that this version has by name. */
export type NamedTransport = 'websocket';

/**
 * A broker that this version has by name: `memory`, for this process only; `redis` and `nats`, at the place that the environment
 * names; `null`, which brings no message to anybody.
 */
export type BrokerName = 'memory' | 'redis' | 'nats' | 'null';

/** The broker to use, and what people are told about it. */
export interface ChosenBroker {
  readonly broker: Broker;
  /** What and where it is, in a few words without secrets. */
  readonly about: string;
  /** What to do where it can't be used, for this reason. */
  readonly remedy: (reason: string) => string;
}

/** Transports by the name that is built in. */
export const TRANSPORTS: ReadonlyMap<string, () => Transport> = new Map([['websocket', websocket]]);

/** Brokers by the name that is built in. */
export const BROKERS: ReadonlyMap<string, () => Promise<ChosenBroker>> = new Map([
  ['memory', async () => withoutServer(memoryBroker(), 'memory: this process only')],
  ['redis', redisOfEnvironment],
  ['nats', natsOfEnvironment],
  ['null', async () => withoutServer(nullBroker(), 'null: messages go nowhere')],
]);

/** Named in the guide, so people try them. */
export const LATER: ReadonlySet<string> = new Set(['sse', 'longpolling', 'rabbitmq']);

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
      /WRONGPASS|NOAUTH|NOPERM/.test(reason) ? `correct ${login}` : `start one there, or correct ${where}`,
  };
}

async function natsOfEnvironment(): Promise<ChosenBroker> {
  const { options, place } = natsEnvironment();
  const { natsBroker } = await import('@rt/broker-nats');
  return {
    broker: natsBroker(options),
    about: `nats at ${place}`,
    remedy: (reason) =>
      /authorization|permission/i.test(reason)
        ? 'correct the user and password in NATS_URL'
        : 'start one there, with JetStream (-js), or correct NATS_URL',
  };
}
