import { memoryBroker } from '@rt/core';
import type { Broker, BrokerEvents, BusWork, LogPage, LogSink, LogWork } from '@rt/core';
import { parseCursor } from '@rt/protocol';
import { describe, expect, it } from 'vitest';
import { startRealtime } from '../start-realtime.ts';

describe('a log that can not be read', () => {
  it('ends a subscription that it confirmed and then could not bring up to date, so that the client asks again', async () => {
    const broker = memoryBroker();
    const log = broker.log!;
    let readsLeft = Infinity;
    const failing: Broker = Object.assign(Object.create(broker) as Broker, {
      start: (events: BrokerEvents) => broker.start(events),
      subscribe: (channel: string) => broker.subscribe(channel),
      unsubscribe: (channel: string) => broker.unsubscribe(channel),
      publish: (work: readonly BusWork[]) => broker.publish(work),
      health: () => broker.health(),
      close: () => broker.close(),
      isAlone: true,
      log: {
        append: (work: readonly LogWork[]) => log.append(work),
        follow: (channel: string, sink: LogSink) => log.follow(channel, sink),
        unfollow: (channel: string) => log.unfollow(channel),
        read: (channel: string, page: LogPage) =>
          readsLeft-- > 0 ? log.read(channel, page) : Promise.reject(new Error('the line is cut')),
      },
    });
    const { realtime, wire } = await startRealtime({
      broker: failing,
      channels: { '*': { history: { size: 1_000, ttlMs: 60_000 } } },
    });
    const { cursor } = await realtime.broadcast('news', 'n', 0);
    for (let n = 1; n <= 300; n++) void realtime.broadcast('news', 'n', n);
    await realtime.broadcast('news', 'n', 301);
    readsLeft = 1;
    const client = wire.connect();
    await client.open();
    client.send(['sub', 7, 'news', cursor]);
    const frames = [];
    do frames.push(await client.next());
    while (frames.at(-1)![0] !== 'unsub');
    expect(frames[0]!.slice(0, 3)).toEqual(['sub', 7, 'news']);
    expect(frames.at(-1)).toEqual(['unsub', 'news', 'BROKER_DOWN', expect.any(String)]);
    expect(frames).toHaveLength(102);
    expect(await realtime.channel('news').subscriberCount()).toBe(0);
  });
});

describe('a log that loses what it had confirmed', () => {
  it('has it told to a slow reader as well, which stood before that', async () => {
    const broker = memoryBroker();
    const log = broker.log!;
    const follow = log.follow.bind(log);
    let sink: LogSink | undefined;
    log.follow = (channel, to) => {
      sink = to;
      return follow(channel, to);
    };
    const { realtime, wire } = await startRealtime({ broker, limits: { maxQueuedBytes: 64 * 1024 } });
    const slow = wire.connect();
    await slow.open(['news']);
    slow.bufferedBytes = 20_000;
    const { cursor } = await realtime.broadcast('news', 'n', 'fills it');
    expect((await slow.next())[0]).toBe('m');
    // Others were handed a message after this place, and it is gone.
    sink!.gap('diverged', parseCursor(cursor!)!);
    slow.drain();
    expect(await slow.next()).toEqual(['gap', 'news', 'diverged', cursor]);
    await realtime.broadcast('news', 'n', 'goes on');
    expect((await slow.next())[4]).toBe('goes on');
  });
});
