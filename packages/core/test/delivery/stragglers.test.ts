import { describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { startRealtime } from '../start-realtime.ts';

describe('a slow reader', () => {
  const limits = { maxQueuedBytes: 64 * 1024 };
  const text = 'x'.repeat(5_000);

  it('is not pushed to until it drains, and then gets what it missed, in order', async () => {
    const { realtime, wire } = await startRealtime({ limits });
    const slow = wire.connect();
    await slow.open(['news']);
    slow.bufferedBytes = 20_000;
    await realtime.broadcast('news', 'tick', { index: 0, text });
    expect(((await slow.next())[4] as { index: number }).index).toBe(0);
    for (let index = 1; index < 50; index++) await realtime.broadcast('news', 'tick', { index, text });
    expect(slow.waiting).toBe(0);
    slow.drain();
    for (let index = 1; index < 50; index++) {
      expect(((await slow.next())[4] as { index: number }).index).toBe(index);
      slow.drain();
    }
  });

  it('that was sent more at once than it may have queued gets it bit by bit, and is not cut', async () => {
    const { realtime, wire } = await startRealtime({ limits });
    const client = wire.connect();
    await client.open(['news']);
    await Promise.all(Array.from({ length: 100 }, (_, index) => realtime.broadcast('news', 'tick', { index, text })));
    for (let index = 0; index < 100; index++) expect(((await client.next())[4] as { index: number }).index).toBe(index);
    expect(Math.max(...client.writes.map((write) => write.length))).toBeLessThan(32 * 1024);
  });

  it('is told of a loss in channels without history, where there was one', async () => {
    const { realtime, wire } = await startRealtime({ limits, channels: { 'live.*': { history: false } } });
    const slow = wire.connect();
    await slow.open(['live.a', 'live.b']);
    slow.bufferedBytes = 20_000;
    await realtime.broadcast('live.a', 'tick', 0);
    await slow.next();
    await realtime.broadcast('live.a', 'tick', 1);
    slow.drain();
    expect(await slow.next()).toEqual(['gap', 'live.a', 'limit', null]);
    await realtime.broadcast('live.b', 'tick', 2);
    expect((await slow.next())[4]).toBe(2);
  });

  it('that takes nothing for 5 seconds is cut', async () => {
    const clock = new ManualClock();
    const { realtime, wire } = await startRealtime({ limits, clock });
    const slow = wire.connect();
    await slow.open(['news']);
    slow.bufferedBytes = 20_000;
    await realtime.broadcast('news', 'tick', 0);
    clock.advance(6_000);
    expect(await slow.closed()).toEqual({ code: 4002, reason: 'SLOW_READER' });
  });
});
