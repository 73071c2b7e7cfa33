import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { startRealtime } from '../start-realtime.ts';

const limits = { maxQueuedBytes: 64 * 1024 };
/** More than is pushed to a socket that does not drain. */
const FULL = 20_000;

describe('a client that catches up', () => {
  it('does not lose the newest of another channel meanwhile', async () => {
    const [log, prices] = [randomUUID(), randomUUID()];
    const { realtime, wire } = await startRealtime({
      limits,
      channels: { [prices]: { history: false, slowReader: { latest: 'event' } } },
    });
    const slow = wire.connect();
    await slow.open([log, prices]);
    slow.bufferedBytes = FULL;
    await realtime.broadcast(log, 'tick', 'fills it');
    await slow.next();
    for (let n = 0; n < 10; n++) await realtime.broadcast(log, 'tick', 'x'.repeat(5_000));
    for (let n = 0; n < 10; n++) await realtime.broadcast(prices, 'price', n);
    // It takes what it was sent and is full again, four times.
    for (let round = 0; round < 4; round++) {
      slow.drain();
      slow.bufferedBytes = FULL;
      await realtime.broadcast(prices, 'price', 10 + round);
    }
    slow.drain();
    await realtime.broadcast(prices, 'end', 'end');
    const got: unknown[] = [];
    for (;;) {
      const frame = await slow.next();
      expect(frame[0]).toBe('m');
      if (frame[1] !== prices) continue;
      if (frame[4] === 'end') break;
      got.push(frame[4]);
    }
    expect(got.at(-1)).toBe(13);
    expect(got).toEqual([...got].sort((one, other) => Number(one) - Number(other)));
  });

  it('with much that it missed is not cut by a channel that cuts slow readers', async () => {
    const [log, strict] = [randomUUID(), randomUUID()];
    const { realtime, wire } = await startRealtime({
      limits,
      channels: { [strict]: { slowReader: 'cut' }, [log]: { slowReader: 'drop' } },
    });
    const first = wire.connect();
    await first.open([log]);
    const { cursor } = await realtime.broadcast(log, 'tick', 'seen');
    first.abort();
    for (let n = 0; n < 50; n++) await realtime.broadcast(log, 'tick', `${n} ${'x'.repeat(5_000)}`);
    const back = wire.connect();
    back.send([
      'connect',
      1,
      back.instance,
      null,
      [
        [strict, null],
        [log, cursor],
      ],
    ]);
    const ticks: unknown[] = [];
    for (let n = 0; ticks.length < 50; n++) {
      const frame = await back.next();
      if (frame[0] === 'm' && frame[1] === log) ticks.push(Number.parseInt(String(frame[4]), 10));
      if (n % 5 === 0) await realtime.broadcast(strict, 'tick', n);
    }
    expect(ticks).toEqual(Array.from({ length: 50 }, (_, n) => n));
    // Half of what may be pushed is left to what comes in.
    expect(Math.max(...back.writes.map((write) => write.length))).toBeLessThan(16_384);
  });

  it('whose socket the first channel fills again gets nothing of the others', async () => {
    const [log, bus] = [randomUUID(), randomUUID()];
    const { realtime, wire } = await startRealtime({ limits, channels: { [bus]: { history: false } } });
    const slow = wire.connect();
    await slow.open([log, bus]);
    slow.bufferedBytes = FULL;
    await realtime.broadcast(log, 'tick', 'fills it');
    await slow.next();
    await realtime.broadcast(log, 'tick', 'x'.repeat(FULL));
    // From now on its socket takes nothing.
    const write = slow.write.bind(slow);
    slow.write = (bytes) => {
      slow.bufferedBytes += bytes.length;
      write(bytes);
    };
    slow.drain();
    await slow.next();
    for (let n = 0; n < 10; n++) await realtime.broadcast(bus, 'tick', n);
    expect(slow.waiting).toBe(0);
    slow.drain();
    expect(await slow.next()).toEqual(['gap', bus, 'limit', null]);
  });

  it('is moved on by a skip that is one too many for a write', async () => {
    const { realtime, wire } = await startRealtime({ limits });
    const client = wire.connect();
    await client.open(['news']);
    for (let length = 16_100; length < 16_400; length += 20) {
      const except = { instance: client.instance };
      await Promise.all([
        realtime.broadcast('news', 'tick', 'x'.repeat(length)),
        realtime.broadcast('news', 'tick', 'for others', { except }),
        realtime.broadcast('news', 'tick', 'for others', { except }),
        realtime.broadcast('news', 'tick', length),
      ]);
      await client.next();
      expect((await client.next())[4]).toBe(length);
    }
  });
});
