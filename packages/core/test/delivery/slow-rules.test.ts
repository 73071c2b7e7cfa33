import { memoryBroker } from '@rt/core';
import type { ChannelRule, LogSink, Realtime } from '@rt/core';
import { formatCursor } from '@rt/protocol';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { startRealtime } from '../start-realtime.ts';
import type { TestClient, TestWire } from '../test-wire.ts';

const limits = { maxQueuedBytes: 64 * 1024 };
/** More than is pushed to a socket that does not drain. */
const FULL = 20_000;

interface Slow {
  readonly realtime: Realtime;
  readonly wire: TestWire;
  readonly channel: string;
  readonly slow: TestClient;
}

/** A client of one channel with `rule`, whose socket is full. It has had the first message, `0`. */
async function slowReader(rule: ChannelRule): Promise<Slow> {
  const channel = randomUUID();
  const { realtime, wire } = await startRealtime({ limits, channels: { [channel]: rule } });
  const slow = wire.connect();
  await slow.open([channel]);
  slow.bufferedBytes = FULL;
  await realtime.broadcast(channel, 'first', 0);
  expect((await slow.next())[4]).toBe(0);
  return { realtime, wire, channel, slow };
}

/** The data of the messages that come until the one that is published now. */
async function upTo(end: unknown, { realtime, channel, slow }: Slow): Promise<unknown[]> {
  await realtime.broadcast(channel, 'end', end);
  const seen: unknown[] = [];
  for (;;) {
    const frame = await slow.next();
    if (frame[4] === end) return seen;
    seen.push(frame[0] === 'm' ? frame[4] : frame.slice(0, 3));
  }
}

const kinds = [
  ['with history', {}],
  ['without history', { history: false }],
] as const;

describe.each(kinds)('a slow reader of a channel %s', (_, kind) => {
  it('whose rule is drop does not get what came meanwhile, and no gap', async () => {
    const test = await slowReader({ ...kind, slowReader: 'drop' });
    for (let n = 1; n < 10; n++) await test.realtime.broadcast(test.channel, 'tick', n);
    expect(test.slow.waiting).toBe(0);
    test.slow.drain();
    expect(await upTo('end', test)).toEqual([]);
  });

  it('whose rule is latest gets the newest of each event, in order', async () => {
    const test = await slowReader({ ...kind, slowReader: { latest: 'event' } });
    for (const event of ['a', 'b', 'a', 'c', 'b']) {
      for (const n of [1, 2]) await test.realtime.broadcast(test.channel, event, `${event}${n}`);
    }
    expect(test.slow.waiting).toBe(0);
    test.slow.drain();
    expect(await upTo('end', test)).toEqual(['a2', 'c2', 'b2']);
  });

  it('whose rule is latest by a property of the data gets the newest for each of its values', async () => {
    const test = await slowReader({ ...kind, slowReader: { latest: 'data.symbol' } });
    const send = (event: string, data: unknown): Promise<unknown> => test.realtime.broadcast(test.channel, event, data);
    for (let price = 1; price <= 3; price++) {
      await send('price', { symbol: 'A', price });
      await send('price', { symbol: 'B', price });
      await send('halt', { symbol: 'A', price });
      await send('price', { price });
    }
    await send('closed', null);
    await send('price', { symbol: 'A', price: 4 });
    test.slow.drain();
    expect(await upTo('end', test)).toEqual([
      { symbol: 'B', price: 3 },
      { symbol: 'A', price: 3 },
      { price: 3 },
      null,
      { symbol: 'A', price: 4 },
    ]);
  });

  it('whose rule is latest is told of a gap where there are too many keys to keep', async () => {
    const test = await slowReader({ ...kind, slowReader: { latest: 'data.key' } });
    const text = 'x'.repeat(1_000);
    for (let key = 0; key < 100; key++) await test.realtime.broadcast(test.channel, 'tick', { key, text });
    test.slow.drain();
    const [gap, ...rest] = await upTo('end', test);
    expect(gap).toEqual(['gap', test.channel, 'limit']);
    const keys = rest.map((data) => (data as { key: number }).key);
    expect(keys.length).toBeGreaterThan(20);
    expect(keys).toEqual(Array.from({ length: keys.length }, (_unused, n) => 100 - keys.length + n));
  });

  it('whose rule is cut ends with SLOW_READER at the first message that it can not take, and not before', async () => {
    const { realtime, slow, channel } = await slowReader({ ...kind, slowReader: 'cut' });
    slow.send(['ping']);
    expect(await slow.next()).toEqual(['pong']);
    await realtime.broadcast(channel, 'tick', 1);
    expect(await slow.closed()).toEqual({ code: 4002, reason: 'SLOW_READER' });
    expect(slow.writes.join()).not.toContain('"tick"');
  });

  it('whose rule is cut stays when nothing came until it drained', async () => {
    const test = await slowReader({ ...kind, slowReader: 'cut' });
    const except = { instance: test.slow.instance };
    await test.realtime.broadcast(test.channel, 'tick', 'for others', { except });
    test.slow.drain();
    expect(await upTo('end', test)).toEqual([]);
  });

  it.each([['drop'], ['cut'], [{ latest: 'event' }]] as const)(
    'with rule %j is none when it takes all of much at once',
    async (rule) => {
      const channel = randomUUID();
      const { realtime, wire } = await startRealtime({
        limits,
        channels: { [channel]: { ...kind, slowReader: rule } },
      });
      const client = wire.connect();
      await client.open([channel]);
      const text = 'x'.repeat(5_000);
      await Promise.all(Array.from({ length: 100 }, (_unused, n) => realtime.broadcast(channel, 'tick', { n, text })));
      for (let n = 0; n < 100; n++) expect(((await client.next())[4] as { n: number }).n).toBe(n);
    },
  );
});

describe('a slow reader', () => {
  it('gets the newest of each user', async () => {
    const channel = randomUUID();
    const { wire } = await startRealtime({
      limits,
      authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
      channels: { [channel]: { send: true, history: false, slowReader: { latest: 'user' } } },
    });
    const [slow, ann, bob] = [wire.connect(), wire.connect(), wire.connect()];
    await slow.open([channel]);
    await ann.open([channel], 'ann');
    await bob.open([channel], 'bob');
    slow.bufferedBytes = FULL;
    ann.send(['send', 0, channel, 'moved', 'fills it']);
    await slow.next();
    for (let x = 0; x < 3; x++) {
      ann.send(['send', x + 1, channel, 'moved', { x }]);
      bob.send(['send', x + 1, channel, 'moved', { x }]);
      expect((await ann.next()).slice(0, 1)).not.toEqual(['err']);
      expect((await ann.next()).slice(0, 1)).not.toEqual(['err']);
    }
    slow.drain();
    const moves = [await slow.next(), await slow.next()];
    expect(moves.map((frame) => [(frame[5] as unknown[])[2], frame[4]])).toEqual(
      expect.arrayContaining([
        ['ann', { x: 2 }],
        ['bob', { x: 2 }],
      ]),
    );
  });

  it('that had messages dropped is moved on by a skip, and comes back without a gap and without doubles', async () => {
    const test = await slowReader({ slowReader: 'drop' });
    const { realtime, wire, channel, slow } = test;
    let dropped: string | undefined;
    for (let n = 1; n < 5; n++) dropped = (await realtime.broadcast(channel, 'tick', n)).cursor;
    slow.drain();
    slow.send(['ping']);
    expect(await slow.next()).toEqual(['pong']);
    expect(slow.skips).toEqual([['skip', channel, dropped]]);
    slow.abort();
    await realtime.broadcast(channel, 'tick', 'missed');
    const back = wire.connect();
    back.send(['connect', 1, slow.instance, null, [[channel, dropped]]]);
    expect((await back.next())[0]).toBe('ready');
    expect((await back.next()).slice(0, 5)).toEqual(['sub', 0, channel, dropped, true]);
    expect((await back.next())[4]).toBe('missed');
  });

  it('that missed nothing but a volatile message is not moved on', async () => {
    const test = await slowReader({ slowReader: 'drop' });
    await test.realtime.broadcast(test.channel, 'tick', 1, { volatile: true });
    test.slow.drain();
    expect(await upTo('end', test)).toEqual([]);
    expect(test.slow.skips).toEqual([]);
  });

  it.each([['drop'], [{ latest: 'event' }]] as const)('hears of a gap of the log also under %j', async (rule) => {
    const broker = memoryBroker();
    const sinks = new Map<string, LogSink>();
    const { log } = broker;
    if (log === undefined) throw new Error('the memory broker has a log');
    const follow = log.follow.bind(log);
    log.follow = (channel, sink) => {
      sinks.set(channel, sink);
      return follow(channel, sink);
    };
    const channel = randomUUID();
    const { realtime, wire } = await startRealtime({
      limits,
      broker,
      channels: { [channel]: { slowReader: rule } },
    });
    const slow = wire.connect();
    await slow.open([channel]);
    slow.bufferedBytes = FULL;
    await realtime.broadcast(channel, 'first', 0);
    await slow.next();
    const at = { epoch: 'another', offset: 7, tag: 't' };
    sinks.get(channel)!.gap('broker', at);
    slow.drain();
    slow.send(['ping']);
    expect(await slow.next()).toEqual(['gap', channel, 'broker', formatCursor(at)]);
    expect(slow.skips).toEqual([]);
  });
});
