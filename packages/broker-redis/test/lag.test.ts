import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startRedis } from '../../../tests/servers/redis.ts';
import { TestNode } from './node.ts';

/** Stops this process' event loop, as a long computation does. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it('takes its own lag for no silence of Redis', async () => {
  await using redis = await startRedis();
  await using node = await TestNode.start({ url: redis.url });
  for (let round = 0; round < 5; round++) {
    block(2_000);
    // In this turn the timers that are late run before what came in meanwhile is read.
    await turn();
  }
  await node.broker.subscribe('news');
  expect([node.broker.health(), node.health.size]).toEqual([{ state: 'up' }, 0]);
});
