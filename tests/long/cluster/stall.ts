import type { Subscription } from '@rt/client';
import type { Broker } from '@rt/core';
import { expect, it, onTestFinished } from 'vitest';
import { startNode, Traveller } from '../../cluster/fleet.ts';
import { Load } from '../../cluster/load.ts';
import { randomName } from '../../hardening/raw-client.ts';
import { until } from '../../servers/until.ts';
import { figure } from './figure.ts';

const STALL_MS = 40_000;
const KEEPS = { channels: { '*': { history: { size: 50_000, ttlMs: 600_000 } } } };

/** A broker's server that can stand still. */
export interface StallingServer {
  readonly url: string;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** B2 over two whole servers with members and traffic. */
export function testLongStall(
  name: string,
  start: () => Promise<StallingServer>,
  broker: (url: string) => Broker,
): void {
  it(
    `B2: a ${name} that stands still for 40 s makes nobody leave, and loses nothing`,
    { timeout: 180_000 },
    async () => {
      const server = await start();
      onTestFinished(() => server.stop());
      const nodes = [await startNode(broker(server.url), KEEPS), await startNode(broker(server.url), KEEPS)];
      const isReady = async (wanted: boolean): Promise<boolean> => {
        const answers = await Promise.all(nodes.map(({ url }) => fetch(`${url}/realtime/ready`)));
        return answers.every(({ status }) => (status === 200) === wanted);
      };
      const room = randomName('presence-');
      const left: string[] = [];
      const members: Subscription[] = [];
      for (const [index, node] of nodes.entries()) {
        node.realtime.on('left', ({ member }) => left.push(`${member.id} at node ${index}`));
        for (const who of ['ann', 'bob', 'cy']) {
          const { subscription } = await new Traveller(node, `${who}${index}`).enter(room);
          subscription.presence.on('left', ({ id }) => left.push(`${id} for ${who}${index}`));
          members.push(subscription);
        }
      }
      await until('everybody knows everybody', async () => members.every(({ presence }) => presence.count === 6));

      const load = new Load(nodes);
      await load.watch(2);
      load.start(100);
      await until('some messages', async () => load.count('ok') > 100);
      server.pause();
      const paused = performance.now();
      await until('both notice', () => isReady(false));
      figure('B2', `${name}: both nodes are not ready after ms`, performance.now() - paused, '5000');
      await new Promise((resolve) => setTimeout(resolve, paused + STALL_MS - performance.now()));
      server.resume();
      const resumed = performance.now();
      await until('both are back', () => isReady(true), 9_000);
      figure('B2', `${name}: both are ready again after ms`, performance.now() - resumed, '3000');
      const before = load.count('ok');
      await until('more messages', async () => load.count('ok') > before + 100);
      // Whoever is taken for dead by mistake is so once beats are judged again.
      await new Promise((resolve) => setTimeout(resolve, 12_000));
      await load.stop();
      await load.settle();
      figure('B2', `${name}: the longest time for a publish to settle, ms`, load.longestMs, '5000');
      expect(load.longestMs).toBeLessThan(15_000);
      expect([left, load.gaps]).toEqual([[], []]);
      for (const { realtime } of nodes) expect(await realtime.channel(room).members()).toHaveLength(6);
      expect(members.map(({ presence }) => presence.count)).toEqual(Array.from({ length: 6 }, () => 6));
    },
  );
}
