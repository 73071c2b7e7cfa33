import { rabbitmqBroker } from '@rt/broker-rabbitmq';
import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startRabbitmq } from '../servers/rabbitmq.ts';
import type { RabbitmqServer } from '../servers/rabbitmq.ts';
import { startProxy } from '../servers/tcp-proxy.ts';
import { until } from '../servers/until.ts';
import { HurtFleet, testFaults } from './faults.ts';
import type { FaultySite } from './faults.ts';
import { randomSpace } from './service.ts';

/** Of all tests: it takes seconds to start. */
let server: RabbitmqServer;

beforeAll(async () => {
  server = await startRabbitmq();
}, 120_000);
afterAll(() => server.stop());

function site(): FaultySite<RabbitmqServer> & { readonly namespace: string } {
  const namespace = randomSpace().replaceAll('.', '_');
  return { server, namespace, broker: (url = server.url) => rabbitmqBroker({ url, namespace, partitions: 2 }) };
}

describe('two nodes on one RabbitMQ', { timeout: 90_000 }, () => {
  testFaults({ site: async () => site(), proxy: (each) => startProxy(each) });

  it('say a gap to everybody, and go on, when its streams are deleted [B5]', async () => {
    const { broker, namespace } = site();
    const fleet = await HurtFleet.start([broker(), broker()], 2);
    fleet.load.start(200);
    await fleet.more(100);
    await fleet.load.stop();
    const connection = await connect(server.url);
    const channel = await connection.createChannel();
    for (const partition of [0, 1]) await channel.deleteQueue(`${namespace}.log.${partition}`);
    await connection.close();
    await fleet.toldOfNewEpoch();
  });

  it('refuse while it is short of memory, and lose nothing of what it took [B5]', async () => {
    const { broker } = site();
    const fleet = await HurtFleet.start([broker(), broker()], 2);
    fleet.load.start(200);
    await fleet.more(100);
    try {
      await server.control('set_vm_memory_high_watermark', 'absolute', '1MB');
      await fleet.noticed();
      await until('some publishes were refused', async () => fleet.load.outcomes.size > 1);
    } finally {
      await server.control('set_vm_memory_high_watermark', 'absolute', '1GB');
    }
    await fleet.whole();
    await fleet.more(200);
    await fleet.losesNothing();
  });
});
