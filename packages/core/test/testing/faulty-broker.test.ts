import { memoryBroker, MemoryBus } from '@rt/core';
import type { Broker, RealtimeOptions } from '@rt/core';
import { testBroker, testLog } from '@rt/core/conformance';
import type { BrokerUnderTest } from '@rt/core/conformance';
import { faultyBroker, ManualClock } from '@rt/core/testing';
import type { FaultyBroker } from '@rt/core/testing';
import { describe, expect, it } from 'vitest';
import { busOnly } from '../bus-only.ts';
import { settle } from '../presence/room.ts';
import { startRealtime } from '../start-realtime.ts';
import type { TestClient } from '../test-wire.ts';

const start = async (): Promise<BrokerUnderTest> => {
  const bus = new MemoryBus();
  return { broker: () => faultyBroker({ broker: memoryBroker({ bus }) }), stop: async () => undefined };
};

describe('a faulty broker without a fault', () => {
  testBroker({ describe, it, expect }, 'faulty', start);
  testLog({ describe, it, expect }, 'faulty', start);

  it('has no log, and reaches no other node, where its broker has none and does not', () => {
    expect(faultyBroker({ broker: busOnly() }).log).toBeUndefined();
    expect([faultyBroker().isAlone, faultyBroker({ broker: memoryBroker({ bus: new MemoryBus() }) }).isAlone]).toEqual([
      true,
      undefined,
    ]);
  });
});

interface Scene {
  readonly line: FaultyBroker;
  readonly clock: ManualClock;
  /** Publishes on the other side of the line. */
  readonly publish: (channel: string, data: unknown) => Promise<unknown>;
  /** One that listens on this side. */
  readonly client: TestClient;
  /** The data of what came since the last time; other frames as they are. */
  readonly heard: () => Promise<unknown[]>;
}

/** A server behind a line, with a client in `kept` (with history) and `live` (without), and another server. */
async function setScene(options: RealtimeOptions = {}): Promise<Scene> {
  const clock = new ManualClock();
  const bus = new MemoryBus({ clock });
  const channels = { live: { history: false }, kept: { history: { size: 5, ttlMs: 60_000 } } } as const;
  const rest = { channels, clock, limits: { beatMs: 1_000_000 }, ...options };
  const line = faultyBroker({ broker: memoryBroker({ bus }), clock });
  const { wire } = await startRealtime({ ...rest, broker: line });
  const broker: Broker = memoryBroker({ bus });
  const { realtime: other } = await startRealtime({ ...rest, broker });
  const client = wire.connect();
  await client.open(['live', 'kept']);
  return {
    line,
    clock,
    client,
    publish: (channel, data) => other.broadcast(channel, 'said', data),
    heard: async () => {
      await settle();
      const frames: unknown[] = [];
      while (client.waiting > 0) {
        const frame = await client.next();
        frames.push(frame[0] === 'm' ? frame[4] : frame.slice(0, 3));
      }
      return frames;
    },
  };
}

describe('a line that is cut', () => {
  it('lets nothing through; then what is kept follows, and what is not is told as missing', async () => {
    const { line, publish, heard } = await setScene();
    await publish('kept', 1);
    await publish('live', 1);
    expect(await heard()).toEqual([1, 1]);
    line.cut();
    for (const data of [2, 3]) await publish('kept', data);
    await publish('live', 2);
    expect(await heard()).toEqual([]);
    await line.mend();
    expect(await heard()).toEqual([['gap', 'live', 'broker'], 2, 3]);
    await publish('kept', 4);
    await publish('live', 3);
    expect(await heard()).toEqual([4, 3]);
  });

  it('tells of a gap where more was missed than is kept', async () => {
    const { line, publish, heard } = await setScene();
    await publish('kept', 0);
    line.cut();
    for (let data = 1; data <= 8; data++) await publish('kept', data);
    await line.mend();
    expect(await heard()).toEqual([0, ['gap', 'live', 'broker'], ['gap', 'kept', 'expired'], 4, 5, 6, 7, 8]);
  });

  it('refuses what is published, read or subscribed, and says that it is down', async () => {
    const { line, client, heard, clock } = await setScene();
    line.cut();
    expect(line.health()).toEqual({ state: 'down', reason: 'the line was cut' });
    client.send(['sub', 1, 'other'], ['history', 2, 'kept', { limit: 1 }]);
    expect(await heard()).toEqual([
      ['err', 2, 'BROKER_DOWN'],
      ['err', 1, 'BROKER_DOWN'],
    ]);
    await line.mend();
    expect(line.health()).toEqual({ state: 'up' });
    expect(clock.now()).toBe(0);
  });

  it('silently, is noticed by nobody', async () => {
    const { line, publish, heard } = await setScene();
    line.cut({ silently: true });
    expect(line.health()).toEqual({ state: 'up' });
    await publish('live', 1);
    await publish('kept', 1);
    expect(await heard()).toEqual([]);
    await line.mend();
    expect(await heard()).toEqual([1]);
  });
});

describe('a line that is slow', () => {
  it('delivers later, and in order', async () => {
    const { line, publish, heard, clock } = await setScene();
    line.delay(100);
    await publish('kept', 1);
    clock.advance(50);
    await publish('live', 1);
    line.delay(0);
    await publish('kept', 2);
    clock.advance(49);
    expect(await heard()).toEqual([]);
    clock.advance(1);
    expect(await heard()).toEqual([1]);
    clock.advance(50);
    expect(await heard()).toEqual([1, 2]);
  });

  it('loses what is under way when it is cut', async () => {
    const { line, publish, heard, clock } = await setScene();
    line.delay(100);
    await publish('live', 1);
    await publish('kept', 1);
    line.cut();
    clock.advance(1_000);
    await line.calm();
    expect(await heard()).toEqual([['gap', 'live', 'broker'], 1]);
  });
});

describe('a line that doubles and reorders', () => {
  it('does so with as many messages of the bus as it is told', async () => {
    const { line, publish, heard } = await setScene();
    line.double(2);
    for (const data of [1, 2, 3]) await publish('live', data);
    expect(await heard()).toEqual([1, 1, 2, 2, 3]);
    line.reorder();
    for (const data of [4, 5, 6]) await publish('live', data);
    expect(await heard()).toEqual([5, 4, 6]);
    line.reorder();
    await publish('live', 7);
    expect(await heard()).toEqual([]);
    await line.calm();
    expect(await heard()).toEqual([7]);
  });

  it('does so with nothing that a log keeps', async () => {
    const { line, publish, heard } = await setScene();
    line.double(3);
    line.reorder(3);
    for (const data of [1, 2, 3]) await publish('kept', data);
    expect(await heard()).toEqual([1, 2, 3]);
  });
});
