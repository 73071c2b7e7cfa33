import { testBroker, testLog } from '@rt/core/conformance';
import type { BrokerUnderTest } from '@rt/core/conformance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeQueues, sharedRabbitmq } from '../../../tests/servers/rabbitmq.ts';
import type { Rabbitmq, RabbitmqServer } from '../../../tests/servers/rabbitmq.ts';
import { rabbitmqBroker } from '../src/index.ts';
import { randomName } from './node.ts';

/** One that is given can't be paused. */
let rabbitmq: Rabbitmq | RabbitmqServer;
const namespaces = new Set<string>();

beforeAll(async () => {
  rabbitmq = await sharedRabbitmq();
}, 120_000);
afterAll(async () => {
  await removeQueues(rabbitmq, namespaces);
  await rabbitmq.stop();
});

/** A service of its own for each test: what another one calls its channels is not seen. */
const start = async (): Promise<BrokerUnderTest> => {
  const server = rabbitmq;
  const namespace = randomName();
  namespaces.add(namespace);
  return {
    // Streams are dear to make, and each test has streams of its own.
    broker: () => rabbitmqBroker({ url: rabbitmq.url, namespace, partitions: 2 }),
    unreachable: () => rabbitmqBroker({ url: 'amqp://127.0.0.1:1', namespace }),
    ...('pause' in server && { pause: () => server.pause(), resume: () => server.resume() }),
    stop: async () => undefined,
  };
};

testBroker({ describe, it, expect }, 'RabbitMQ', start);
testLog({ describe, it, expect }, 'RabbitMQ', start);
