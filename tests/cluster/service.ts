import { natsBroker } from '@rt/broker-nats';
import { rabbitmqBroker } from '@rt/broker-rabbitmq';
import { redisBroker } from '@rt/broker-redis';
import { memoryBroker, MemoryBus } from '@rt/core';
import type { Broker } from '@rt/core';
import { randomBytes } from 'node:crypto';
import { removeStreams, sharedNats, startNatsCluster } from '../servers/nats.ts';
import { removeQueues, sharedRabbitmq } from '../servers/rabbitmq.ts';
import { startRedisCluster } from '../servers/redis-cluster.ts';
import { sharedRedis } from '../servers/redis.ts';

/** One broker service that several nodes share. */
export interface Service {
  readonly name: string;
  /** A new node's broker. Those of one `space` reach each other and nobody else. */
  broker(space: string): Broker;
  stop(): Promise<void>;
}

/** Every kind of broker service by name, started when a file of the matrix wants it. */
export const services: Readonly<Record<string, () => Promise<Service>>> = {
  memory: async () => {
    const buses = new Map<string, MemoryBus>();
    return {
      name: 'memory',
      broker: (space) => {
        const bus = buses.get(space) ?? new MemoryBus();
        buses.set(space, bus);
        return memoryBroker({ bus });
      },
      stop: async () => undefined,
    };
  },
  redis: async () => {
    const redis = await sharedRedis();
    return {
      name: 'Redis',
      broker: (namespace) => redisBroker({ url: redis.url, namespace }),
      stop: () => redis.stop(),
    };
  },
  'redis-cluster': async () => {
    const cluster = await startRedisCluster();
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    return {
      name: 'Redis Cluster',
      broker: (namespace) => redisBroker({ cluster: nodes, namespace }),
      stop: () => cluster.stop(),
    };
  },
  nats: async () => {
    const nats = await sharedNats();
    const namespaces = new Set<string>();
    return {
      name: 'NATS',
      broker: (space) => {
        const namespace = space.replaceAll('.', '_');
        namespaces.add(namespace);
        return natsBroker({ url: nats.url, namespace });
      },
      stop: async () => {
        await removeStreams(nats, namespaces);
        await nats.stop();
      },
    };
  },
  rabbitmq: async () => {
    const rabbitmq = await sharedRabbitmq();
    const namespaces = new Set<string>();
    return {
      name: 'RabbitMQ',
      broker: (space) => {
        const namespace = space.replaceAll('.', '_');
        namespaces.add(namespace);
        // Streams are dear to make, and each test has streams of its own.
        return rabbitmqBroker({ url: rabbitmq.url, namespace, partitions: 2 });
      },
      stop: async () => {
        await removeQueues(rabbitmq, namespaces);
        await rabbitmq.stop();
      },
    };
  },
  'nats-cluster': async () => {
    const cluster = await startNatsCluster();
    const options = { servers: cluster.urls, replicas: 3, partitions: 2 };
    return {
      name: 'NATS of three',
      broker: (space) => natsBroker({ ...options, namespace: space.replaceAll('.', '_') }),
      stop: () => cluster.stop(),
    };
  },
};

export function randomSpace(): string {
  return `test.${randomBytes(6).toString('hex')}`;
}
