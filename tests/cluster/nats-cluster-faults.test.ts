import { natsBroker } from '@rt/broker-nats';
import { expect, it, onTestFinished } from 'vitest';
import { startNatsCluster } from '../servers/nats.ts';
import { until } from '../servers/until.ts';
import { startNode } from './fleet.ts';
import { Load } from './load.ts';

const KEEPS = { channels: { '*': { history: { size: 50_000, ttlMs: 600_000 } } } };

it(
  'two nodes on a NATS of three lose nothing that was acknowledged when the leader of the log is killed [B3]',
  { timeout: 90_000 },
  async () => {
    const cluster = await startNatsCluster();
    onTestFinished(() => cluster.stop());
    const options = { servers: cluster.urls, replicas: 3, partitions: 1 };
    const nodes = [await startNode(natsBroker(options), KEEPS), await startNode(natsBroker(options), KEEPS)];
    const areReady = async (): Promise<boolean> => {
      const answers = await Promise.all(nodes.map(({ url }) => fetch(`${url}/realtime/ready`)));
      return answers.every(({ status }) => status === 200);
    };
    const load = new Load(nodes);
    await load.watch(2);
    load.start(300);
    await until('some messages', async () => load.count('ok') > 300);
    const leader = await cluster.leaderOf('rt_log_0');
    await leader.kill();
    await until('some publishes have failed', async () => load.outcomes.size > 1);
    const before = load.count('ok');
    await until('there is another leader, and more messages', async () => load.count('ok') > before + 300, 45_000);
    await until('both nodes are ready', areReady);
    await leader.restart();
    const again = load.count('ok');
    await until('more messages', async () => load.count('ok') > again + 300);
    await load.stop();
    await load.settle();
    expect(load.gaps).toEqual([]);
    expect(load.longestMs).toBeLessThan(15_000);
    // What failed may have been stored, but never as a promise.
    for (const outcome of load.outcomes.keys())
      expect(['ok', 'BROKER_DOWN', 'OUTCOME_UNKNOWN', 'DEADLINE']).toContain(outcome);
  },
);
