import { rabbitmqBroker } from '@rt/broker-rabbitmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode } from '../../cluster/fleet.ts';
import type { Node } from '../../cluster/fleet.ts';
import { Load } from '../../cluster/load.ts';
import { randomSpace } from '../../cluster/service.ts';
import { startRabbitmqCluster } from '../../servers/rabbitmq.ts';
import type { RabbitmqCluster } from '../../servers/rabbitmq.ts';
import { until } from '../../servers/until.ts';

const KEEPS = { channels: { '*': { history: { size: 50_000, ttlMs: 600_000 } } } };
/** Of each step, on a machine that does much else. */
const WITHIN_MS = 60_000;

let cluster: RabbitmqCluster;

beforeAll(async () => {
  cluster = await startRabbitmqCluster();
}, 240_000);
afterAll(() => cluster.stop());

// One after the other: they share a cluster, and kill one of its servers.
describe('two nodes on a RabbitMQ of three', () => {
  it.each([
    ['that they are connected to', true],
    ['that they are not connected to', false],
  ])(
    'lose nothing that was acknowledged when the leader of the log is killed, %s [B3]',
    async (_, isConnected) => {
      const namespace = randomSpace().replaceAll('.', '_');
      // A stream is led where it is made.
      const maker = rabbitmqBroker({ url: cluster.urls[0]!, namespace, partitions: 1 });
      await maker.start({ message() {}, health() {}, gap() {}, warn() {} });
      await maker.close();
      const leader = await cluster.leaderOf(`${namespace}.log.0`);
      const others = cluster.nodes.filter((each) => each !== leader);
      const servers = [...(isConnected ? [leader] : []), ...others].map(({ url }) => url);
      const start = (): Promise<Node> => startNode(rabbitmqBroker({ servers, namespace, partitions: 1 }), KEEPS);
      const nodes = [await start(), await start()];
      const areReady = async (): Promise<boolean> => {
        const answers = await Promise.all(nodes.map(({ url }) => fetch(`${url}/realtime/ready`)));
        return answers.every(({ status }) => status === 200);
      };
      const load = new Load(nodes);
      await load.watch(2);
      load.start(300);
      await until('some messages', async () => load.count('ok') > 300, WITHIN_MS);
      await leader.kill();
      const before = load.count('ok');
      await until('there is another leader, and more messages', async () => load.count('ok') > before + 600, WITHIN_MS);
      await until('both nodes are ready', areReady, WITHIN_MS);
      await leader.restart();
      const again = load.count('ok');
      await until('more messages', async () => load.count('ok') > again + 300, WITHIN_MS);
      await load.stop();
      await load.settle();
      expect(load.gaps).toEqual([]);
      expect(load.longestMs).toBeLessThan(15_000);
      // What failed may have been stored, but never as a promise.
      for (const outcome of load.outcomes.keys())
        expect(['ok', 'BROKER_DOWN', 'OUTCOME_UNKNOWN', 'DEADLINE']).toContain(outcome);
    },
    240_000,
  );
});
