import { MemoryBus } from '@rt/core';
import type { Realtime } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { startRealtime } from '../start-realtime.ts';
import type { TestClient, TestWire } from '../test-wire.ts';
import { MemoryOrder } from './memory-partition.ts';
import { partitionBroker } from './partition-broker.ts';

interface Nodes {
  readonly clock: ManualClock;
  readonly start: () => Promise<{ realtime: Realtime; wire: TestWire }>;
}

/** Nodes over one partition, on a clock of their own. */
function nodes(): Nodes {
  const clock = new ManualClock();
  const shared = { bus: new MemoryBus(), orders: [new MemoryOrder(clock)], clock };
  const channels = { '*': { history: { size: 5_000, ttlMs: 600_000 } } };
  return { clock, start: () => startRealtime({ broker: partitionBroker(shared), channels }) };
}

/** Connects with a cursor, and gives the `sub` frame. */
async function enter(client: TestClient, channel: string, cursor: string | null): Promise<readonly unknown[]> {
  client.send(['connect', 1, client.instance, null, [[channel, cursor]]]);
  await client.next();
  return client.next();
}

describe('a client over a log whose offsets have holes', () => {
  it.each([
    [350, true],
    [1_000, true],
    [1_001, false],
  ])('comes back to another node after %i messages: whole is %s', async (count, isWhole) => {
    const { start } = nodes();
    const [a, b] = [await start(), await start()];
    const { cursor } = await a.realtime.broadcast('news', 'start', null);
    for (let index = 0; index < count; index++) await a.realtime.broadcast('news', 'tick', index);
    const client = b.wire.connect();
    expect((await enter(client, 'news', cursor!))[4]).toBe(isWhole);
    if (!isWhole) expect((await client.next()).slice(0, 3)).toEqual(['gap', 'news', 'limit']);
    for (let index = isWhole ? 0 : 1; index < count; index++) expect((await client.next())[4]).toBe(index);
  });

  it('is told newer places of a quiet channel, with which it is whole on a node that has just started', async () => {
    const { clock, start } = nodes();
    const a = await start();
    const client = a.wire.connect();
    await enter(client, 'quiet', null);
    // Far more than a node reads back when it starts.
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(60_000);
      await a.realtime.broadcast('busy', 'tick', minute);
    }
    clock.advance(10_000);
    // It is written before what follows on the same connection.
    await a.realtime.broadcast('quiet', 'end', null);
    await client.next();
    const [, channel, cursor] = client.skips.at(-1)!;
    expect(channel).toBe('quiet');
    const b = await start();
    const back = b.wire.connect();
    expect((await enter(back, 'quiet', String(cursor)))[4]).toBe(true);
    expect((await back.next())[2]).toBe('end');
  });

  it('gets what comes with a place that only another node has told', async () => {
    const { clock, start } = nodes();
    const [a, b] = [await start(), await start()];
    const first = b.wire.connect();
    await enter(first, 'quiet', null);
    clock.advance(60_000);
    await a.realtime.broadcast('busy', 'tick', 1);
    const [, , , cursor] = await enter(a.wire.connect(), 'quiet', null);
    const back = b.wire.connect();
    expect((await enter(back, 'quiet', String(cursor)))[4]).toBe(true);
    await a.realtime.broadcast('quiet', 'next', null);
    expect((await back.next())[2]).toBe('next');
    expect((await first.next())[2]).toBe('next');
  });
});
