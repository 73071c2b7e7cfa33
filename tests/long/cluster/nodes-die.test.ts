import type { Subscription } from '@rt/client';
import { Realtime } from '@rt/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brokerAt } from '../../cluster/broker-at.ts';
import { startNode, Traveller } from '../../cluster/fleet.ts';
import { startNodeProcess } from '../../cluster/node-child.ts';
import { randomName } from '../../hardening/raw-client.ts';
import { startNats } from '../../servers/nats.ts';
import { startRabbitmq } from '../../servers/rabbitmq.ts';
import { startRedis } from '../../servers/redis.ts';
import { until } from '../../servers/until.ts';
import { Crowd } from './crowd.ts';
import { figure, percentile } from './figure.ts';

const MEMBERS = 1_000;
const CLIENTS = 5_000;

/** The URL of a server of the test's own. */
async function ownServer(start: typeof startRedis | typeof startNats | typeof startRabbitmq): Promise<string> {
  const server = await start();
  onTestFinished(() => server.stop());
  return server.url;
}

describe.each([
  ['Redis', startRedis],
  ['NATS', startNats],
  ['RabbitMQ', startRabbitmq],
])('nodes on %s', (kind, start) => {
  it('B7: the members of a node that is killed leave on all others', { timeout: 120_000 }, async () => {
    const brokerUrl = await ownServer(start);
    const others = [await startNode(brokerAt(brokerUrl)), await startNode(brokerAt(brokerUrl))];
    const node = await startNodeProcess({ brokerUrl });
    const channel = randomName('presence-');
    const watchers: Subscription[] = [];
    const left = new Set<string>();
    for (const [index, other] of others.entries()) {
      const { subscription } = await new Traveller(other, `watcher${index}`).enter(channel);
      subscription.presence.on('left', ({ id }) => left.add(`${index} ${id}`));
      watchers.push(subscription);
    }
    await Crowd.start({ urls: [node.url], channel, count: MEMBERS - 2, users: 'u', returns: false });
    const everybody = (count: number) => async () => watchers.every(({ presence }) => presence.count === count);
    await until('everybody is there', everybody(MEMBERS));
    const killed = performance.now();
    await node.kill();
    await until('they are gone', everybody(2), 18_000);
    figure('B7', `${kind}: members of a killed node gone everywhere after ms`, performance.now() - killed, '6000');
    expect(left.size).toBe(2 * (MEMBERS - 2));
    for (const { realtime } of others) expect(await realtime.channel(channel).members()).toHaveLength(2);
  });

  it(
    'B7: a node that was frozen for longer than it is waited for is there again with its members',
    {
      timeout: 120_000,
    },
    async () => {
      const brokerUrl = await ownServer(start);
      const other = await startNode(brokerAt(brokerUrl));
      const node = await startNodeProcess({ brokerUrl });
      const channel = randomName('presence-');
      const watcher = await new Traveller(other, 'watcher').enter(channel);
      const { presence } = watcher.subscription;
      const happened: string[] = [];
      presence.on('left', () => happened.push('left'));
      await Crowd.start({ urls: [node.url], channel, count: MEMBERS - 2, users: 'u', returns: false });
      await until('everybody is there', async () => presence.count === MEMBERS - 1);
      presence.on('joined', () => happened.push('joined'));
      node.pause();
      const paused = performance.now();
      await until('they are gone', async () => presence.count === 1, 18_000);
      figure('B7', `${kind}: members of a frozen node gone after ms`, performance.now() - paused, '6000');
      // Somebody comes whom the frozen one hears of when it runs again.
      await new Traveller(other, 'late').enter(channel);
      node.resume();
      const resumed = performance.now();
      await until('they are back', async () => presence.count === MEMBERS, 18_000);
      figure('B7', `${kind}: members of a node that runs again back after ms`, performance.now() - resumed, '6000');
      await until('it sees the same', async () => (await node.memberCount(channel)) === MEMBERS);
      expect(await other.realtime.channel(channel).members()).toHaveLength(MEMBERS);
      // Each left once and joined once, and the late one joined.
      expect([happened.filter((what) => what === 'left').length, happened.length]).toEqual([
        MEMBERS - 2,
        2 * MEMBERS - 3,
      ]);
      await other.realtime.broadcast(channel, 'n', 'after');
      expect((await watcher.got.next('a message')).data).toBe('after');
    },
  );

  it(
    'C8: all clients of a node that is killed are back at another one, and have everything',
    {
      timeout: 240_000,
    },
    async () => {
      const brokerUrl = await ownServer(start);
      const options = { channels: { '*': { history: { size: 10_000, ttlMs: 600_000 } } } };
      const first = await startNodeProcess({ brokerUrl, options });
      const second = await startNodeProcess({ brokerUrl, options });
      const channel = randomName();
      const crowd = await Crowd.start({ urls: [first.url], channel, count: CLIENTS, real: CLIENTS / 5 });
      const publisher = new Realtime({ broker: brokerAt(brokerUrl), logger: false, ...options });
      onTestFinished(() => publisher.close({ drainMs: 0 }));
      await publisher.start();
      let published = 0;
      const over = new AbortController();
      const publishing = (async () => {
        while (!over.signal.aborted) {
          await publisher.broadcast(channel, 'n', published++);
          await new Promise((resolve) => setTimeout(resolve, 250));
        }
      })();
      await until('everybody has something', async () => (await crowd.report()).counts.every((count) => count > 4));
      await second.resetLag();
      await crowd.leadTo([second.url]);
      const killedAt = Date.now();
      await first.kill();
      await until('everybody is back', async () => (await second.stats()).connections >= CLIENTS, 60_000);
      await until('everybody has caught up', async () => (await crowd.report()).caughtUpAt.length === CLIENTS, 30_000);
      const { lag, feltLag, heapBytes } = await second.stats();
      over.abort();
      await publishing;
      await until('the end', async () => (await crowd.report()).counts.every((count) => count === published));
      const { wrong, caughtUpAt } = await crowd.report();
      expect(wrong).toEqual([]);
      const times = caughtUpAt.map((at) => at - killedAt);
      const p95 = percentile(times, 0.95);
      figure('C8', `${kind}: of ${CLIENTS} clients 95 % back and caught up after ms`, p95, '3500');
      figure('C8', `${kind}: the last one after ms`, Math.max(...times), 'none');
      figure('C8', `${kind}: p99 of the lag of the event loop that takes them, ms`, lag.p99Ms, '100');
      figure('C8', `${kind}: the same, waiting for a processor included, ms`, feltLag.p99Ms, '100');
      figure('C8', `${kind}: its longest lag, ms`, lag.maxMs, 'none');
      figure('C8', `${kind}: its heap in MB`, heapBytes / 1e6, 'none');
      expect(p95).toBeLessThan(3 * 3_500);
      expect(lag.p99Ms).toBeLessThan(3 * 100);
    },
  );
});
