import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QueuedTotal } from '../../src/connection/queued-total.ts';
import type { Queue } from '../../src/connection/queued-total.ts';
import { startRealtime } from '../start-realtime.ts';

class TestQueue implements Queue {
  queuedBytes = 0;
  isEnded = false;

  end(): void {
    this.isEnded = true;
  }
}

describe('QueuedTotal', () => {
  it('ends those with the most waiting, as many as it takes, and leaves the others', () => {
    const total = new QueuedTotal(800);
    const queues = [100, 300, 200, 150].map((bytes) => {
      const queue = Object.assign(new TestQueue(), { queuedBytes: bytes });
      total.set(queue, bytes);
      return queue;
    });
    expect(queues.some(({ isEnded }) => isEnded)).toBe(false);
    const last = Object.assign(new TestQueue(), { queuedBytes: 60 });
    total.set(last, 60);
    expect([...queues, last].map(({ isEnded }) => isEnded)).toEqual([false, true, false, false, false]);
  });

  it('counts what sockets took without a word before it ends anybody', () => {
    const total = new QueuedTotal(800);
    const [idle, busy] = [new TestQueue(), new TestQueue()];
    idle.queuedBytes = 700;
    total.set(idle, 700);
    idle.queuedBytes = 10;
    busy.queuedBytes = 600;
    total.set(busy, 600);
    expect([idle.isEnded, busy.isEnded]).toEqual([false, false]);
    busy.queuedBytes = 795;
    total.set(busy, 795);
    expect([idle.isEnded, busy.isEnded]).toEqual([false, true]);
  });

  it('never leaves more than the limit waiting, and ends nobody below it', () => {
    const step = fc.record({ queue: fc.nat({ max: 9 }), bytes: fc.nat({ max: 300 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const total = new QueuedTotal(800);
        const queues = Array.from({ length: 10 }, () => new TestQueue());
        const waiting = (): number =>
          queues.filter(({ isEnded }) => !isEnded).reduce((sum, { queuedBytes }) => sum + queuedBytes, 0);
        const ended = (): number => queues.filter(({ isEnded }) => isEnded).length;
        for (const { queue: index, bytes } of steps) {
          const queue = queues[index]!;
          if (queue.isEnded) continue;
          const before = ended();
          queue.queuedBytes = bytes;
          const sum = waiting();
          total.set(queue, bytes);
          expect(waiting()).toBeLessThanOrEqual(800);
          if (sum <= 700) expect(ended()).toBe(before);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('limits.maxQueuedBytesTotal', () => {
  it('ends the connections with the most waiting with SLOW_READER, and the others go on', async () => {
    const { realtime, wire } = await startRealtime({ limits: { maxQueuedBytesTotal: 1_000_000 } });
    const clients = Array.from({ length: 8 }, () => wire.connect());
    for (const client of clients) await client.open(['news']);
    // None of them is over its own limit.
    for (const [index, client] of clients.entries()) client.bufferedBytes = 100_000 + index * 10_000;
    await realtime.broadcast('news', 'tick', 1);
    for (const client of clients.slice(6)) expect(await client.closed()).toEqual({ code: 4002, reason: 'SLOW_READER' });
    for (const client of clients.slice(0, 6)) {
      expect((await client.next())[4]).toBe(1);
      client.drain();
    }
    await realtime.broadcast('news', 'tick', 2);
    for (const client of clients.slice(0, 6)) expect((await client.next())[4]).toBe(2);
    expect(await realtime.channel('news').subscriberCount()).toBe(6);
  });

  it('forgets what has drained and who has gone', async () => {
    const { realtime, wire } = await startRealtime({ limits: { maxQueuedBytesTotal: 500_000 } });
    for (let round = 0; round < 10; round++) {
      const client = wire.connect();
      await client.open(['news']);
      client.bufferedBytes = 90_000;
      await realtime.broadcast('news', 'tick', round);
      expect((await client.next())[4]).toBe(round);
      if (round % 2 === 0) client.drain();
      else client.abort();
    }
    const last = wire.connect();
    await last.open(['news']);
    last.bufferedBytes = 200_000;
    await realtime.broadcast('news', 'tick', 'last');
    expect((await last.next())[4]).toBe('last');
    expect(await realtime.channel('news').subscriberCount()).toBe(6);
  });
});
