import { expect, it, onTestFinished } from 'vitest';
import { startNodeProcess } from '../../cluster/node-child.ts';
import { randomName } from '../../hardening/raw-client.ts';
import { startNats } from '../../servers/nats.ts';
import { startRabbitmq } from '../../servers/rabbitmq.ts';
import { startRedis } from '../../servers/redis.ts';
import { until } from '../../servers/until.ts';
import { Crowd } from './crowd.ts';
import { figure } from './figure.ts';

const MEMBERS = 10_000;
const BROKERS = { redis: startRedis, nats: startNats, rabbitmq: startRabbitmq };

it.each(['redis', 'nats', 'rabbitmq'] as const)(
  'B8: 10,000 members join in 10 s over two nodes, over %s',
  { timeout: 180_000 },
  async (kind) => {
    const broker = await BROKERS[kind]();
    onTestFinished(() => broker.stop());
    const nodes = [
      await startNodeProcess({ brokerUrl: broker.url }),
      await startNodeProcess({ brokerUrl: broker.url }),
    ];
    const channel = randomName('presence-');
    for (const node of nodes) await node.resetLag();
    const began = performance.now();
    const urls = nodes.map(({ url }) => url);
    const crowd = await Crowd.start({ urls, channel, count: MEMBERS, users: 'u', overMs: 10_000 });
    figure('B8', `${kind}: 10,000 members joined in ms`, performance.now() - began, '10000');
    const counts = (): Promise<number[]> => Promise.all(nodes.map((node) => node.memberCount(channel)));
    await until('both nodes know all', async () => (await counts()).every((count) => count === MEMBERS));
    figure('B8', `${kind}: both nodes know all after ms`, performance.now() - began, 'none');
    const stats = await Promise.all(nodes.map((node) => node.stats()));
    const { wrong, presencePerSecond } = await crowd.report();
    const longest = Math.max(...stats.map(({ lag }) => lag.maxMs));
    figure('B8', `${kind}: most frames about members in a second for one of them`, presencePerSecond, '5');
    figure('B8', `${kind}: longest lag of an event loop, ms`, longest, '50');
    const felt = Math.max(...stats.map(({ feltLag }) => feltLag.maxMs));
    figure('B8', `${kind}: the same, waiting for a processor included, ms`, felt, '50');
    figure(
      'B8',
      `${kind}: p99 of the lag of an event loop, ms`,
      Math.max(...stats.map(({ lag }) => lag.p99Ms)),
      'none',
    );
    expect(wrong).toEqual([]);
    // A first frame that comes late makes the time shorter in which the others came.
    expect(presencePerSecond).toBeLessThan(5.5);
    expect(longest).toBeLessThan(3 * 50);
  },
);
