import { expect, it, onTestFinished } from 'vitest';
import { startNode, Traveller } from '../../cluster/fleet.ts';
import type { Node } from '../../cluster/fleet.ts';
import { randomSpace, services } from '../../cluster/service.ts';
import { randomName } from '../../hardening/raw-client.ts';
import { until } from '../../servers/until.ts';
import { figure } from './figure.ts';

it.each(['redis', 'nats', 'rabbitmq'])(
  'C6: a permission taken away at any of three nodes ends what comes at all of them, over %s',
  { timeout: 120_000 },
  async (kind) => {
    const service = await services[kind]!();
    onTestFinished(() => service.stop());
    const space = randomSpace();
    const nodes: Node[] = [];
    const denied = new Set<string>();
    for (let n = 0; n < 3; n++) {
      const node = await startNode(service.broker(space));
      node.realtime.authorize('private-*', ({ user }) => !denied.has(user?.id ?? ''));
      nodes.push(node);
    }
    const channel = randomName('private-');
    const bystanders: number[] = [];
    for (const node of nodes) {
      const { subscription } = await new Traveller(node, 'bystander').enter(channel);
      subscription.onAny((_event, data) => bystanders.push(data as number));
    }
    let published = 0;
    const failed: unknown[] = [];
    const traffic = setInterval(() => {
      nodes[published % 3]!.realtime.broadcast(channel, 'n', published++).catch((error: unknown) => failed.push(error));
    }, 5);
    onTestFinished(() => clearInterval(traffic));

    for (const [index, from] of nodes.entries()) {
      const user = `user${index}`;
      const rooms: Awaited<ReturnType<Traveller['enter']>>[] = [];
      let lastAt = 0;
      for (const node of [...nodes, ...nodes]) {
        const room = await new Traveller(node, user).enter(channel);
        room.subscription.onAny(() => (lastAt = performance.now()));
        rooms.push(room);
      }
      await until('all hear', async () => rooms.every(({ got }) => got.size > 20));
      const revoked = performance.now();
      denied.add(user);
      await from.realtime.user(user).reauthorize();
      const settled = performance.now();
      await until(
        'all are out',
        async () => rooms.every(({ subscription }) => subscription.state === 'unsubscribed'),
        6_000,
      );
      const before = published;
      await until('much more is published', async () => published > before + 400);
      figure(
        'C6',
        `${kind}: the last message came after ms, revoked at node ${index}`,
        Math.max(0, lastAt - revoked),
        '2000',
      );
      expect(lastAt - revoked).toBeLessThan(6_000);
      // What was on its way when the call resolved may arrive within this turn of the clients.
      expect(lastAt - settled).toBeLessThan(2_000);
    }
    clearInterval(traffic);
    await until('the others get all', async () => bystanders.length === 3 * published);
    expect(failed).toEqual([]);
  },
);
