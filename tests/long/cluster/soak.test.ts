import { redisBroker } from '@rt/broker-redis';
import { randomInt } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { startNode } from '../../cluster/fleet.ts';
import { Load } from '../../cluster/load.ts';
import { startRedisProxy } from '../../servers/redis-proxy.ts';
import { startRedis } from '../../servers/redis.ts';
import { figure } from './figure.ts';

const MINUTES_2 = 120_000;
const KEEPS = { channels: { '*': { history: { size: 50_000, ttlMs: 600_000 } } } };

it(
  '50 clients that move between two nodes, whose lines to Redis are cut, get everything once and in order',
  {
    timeout: 300_000,
  },
  async () => {
    const redis = await startRedis();
    const proxy = await startRedisProxy(redis);
    onTestFinished(async () => {
      await proxy.close();
      await redis.stop();
    });
    const url = proxy.url(redis.url);
    const nodes = [await startNode(redisBroker({ url }), KEEPS), await startNode(redisBroker({ url }), KEEPS)];
    const load = new Load(nodes);
    await load.watch(25);
    load.start(50);
    const end = performance.now() + MINUTES_2;
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    let moves = 0;
    let longestMs = 0;
    const moving = load.travellers.map(async (traveller) => {
      while (performance.now() < end) {
        await pause(randomInt(1_000, 5_000));
        const began = performance.now();
        await traveller.moveTo(nodes[randomInt(2)]!);
        longestMs = Math.max(longestMs, performance.now() - began);
        moves++;
      }
    });
    let cuts = 0;
    while (performance.now() < end) {
      await pause(10_000);
      proxy.cut();
      cuts++;
    }
    await Promise.all(moving);
    await load.stop();
    await load.settle();
    const shown = JSON.stringify(Object.fromEntries(load.outcomes));
    process.stdout.write(`soak: ${moves} moves, ${cuts} cuts, the publishes ended so: ${shown}\n`);
    figure('soak', 'the longest move, ms', longestMs, 'none');
    figure('soak', 'the longest time for a publish to settle, ms', load.longestMs, '5000');
    expect(load.gaps).toEqual([]);
  },
);
