import { memoryBroker, MemoryBus } from '@rt/core';
import { parseCursor } from '@rt/protocol';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { startRealtime } from '../start-realtime.ts';
import type { TestClient } from '../test-wire.ts';

const anyTime = [expect.any(String), expect.any(Number)];

/** Connects with cursors and gives the frames that follow `ready`, up to and including one for each channel. */
async function resume(client: TestClient, ...channels: readonly (readonly [string, string | null, number?])[]) {
  client.send(['connect', 1, client.instance, null, channels]);
  await client.next();
}

describe('resuming', () => {
  it('gives a place with the subscription, and everything after it to whoever comes back with it', async () => {
    const { realtime, wire } = await startRealtime();
    const client = wire.connect();
    await resume(client, ['news', null]);
    const [, , , cursor, recovered] = await client.next();
    expect([parseCursor(String(cursor))?.offset, recovered]).toEqual([0, false]);
    client.abort();
    const { cursor: first } = await realtime.broadcast('news', 'a', 1);
    const { cursor: second } = await realtime.broadcast('news', 'b', 2);
    const back = wire.connect();
    await resume(back, ['news', String(cursor)]);
    expect(await back.next()).toEqual(['sub', 0, 'news', cursor, true]);
    expect(await back.next()).toEqual(['m', 'news', 'a', first, 1, anyTime]);
    expect(await back.next()).toEqual(['m', 'news', 'b', second, 2, anyTime]);
    const { cursor: third } = await realtime.broadcast('news', 'c', 3);
    expect(await back.next()).toEqual(['m', 'news', 'c', third, 3, anyTime]);
  });

  it('takes up all channels in one round trip, each from its own place', async () => {
    const { realtime, wire } = await startRealtime();
    const channels = Array.from({ length: 50 }, (_, index) => `c${index}`);
    const cursors = await Promise.all(
      channels.map(async (channel) => (await realtime.broadcast(channel, 'old', 0)).cursor!),
    );
    await Promise.all(channels.map((channel) => realtime.broadcast(channel, 'new', channel)));
    const client = wire.connect();
    await resume(client, ...channels.map((channel, index) => [channel, cursors[index]!] as const));
    const got = new Map<unknown, unknown>();
    for (let index = 0; index < 100; index++) {
      const frame = await client.next();
      if (frame[0] === 'm') got.set(frame[1], frame[4]);
      else expect([frame[0], frame[4]]).toEqual(['sub', true]);
    }
    expect([...got]).toEqual(channels.map((channel) => [channel, channel]));
  });

  it('reads page by page what is more than one page', async () => {
    const { realtime, wire } = await startRealtime({ channels: { '*': { history: { size: 1_000, ttlMs: 60_000 } } } });
    const { cursor } = await realtime.broadcast('news', 'start', null);
    for (let index = 0; index < 350; index++) await realtime.broadcast('news', 'tick', index);
    const client = wire.connect();
    await resume(client, ['news', cursor!]);
    expect((await client.next())[4]).toBe(true);
    for (let index = 0; index < 350; index++) expect((await client.next())[4]).toBe(index);
  });

  it('gives what came in while the log was read, also where that is more than the node has at hand', async () => {
    const broker = memoryBroker();
    const log = broker.log!;
    const [read, isSlow] = [log.read.bind(log), Promise.withResolvers<void>()];
    log.read = async (...asked) => {
      const answer = await read(...asked);
      await isSlow.promise;
      return answer;
    };
    const { realtime, wire } = await startRealtime({ broker });
    const client = wire.connect();
    await resume(client, ['news', null, 1]);
    for (let index = 0; index < 50; index++) await realtime.broadcast('news', 'tick', index);
    isSlow.resolve();
    expect((await client.next())[0]).toBe('sub');
    for (let index = 0; index < 50; index++) expect((await client.next())[4]).toBe(index);
  });

  it('keeps the messages of others from whom they are not for, also in a replay', async () => {
    const { realtime, wire } = await startRealtime({ channels: { '*': { send: true } } });
    const client = wire.connect();
    await resume(client, ['chat', null]);
    const start = (await client.next())[3] as string;
    client.send(['send', 1, 'chat', 'said', 'mine']);
    const mine = (await client.next())[2];
    expect(client.skips).toEqual([['skip', 'chat', mine]]);
    client.abort();
    const { cursor: other } = await realtime.broadcast('chat', 'said', 'other');
    const back = Object.assign(wire.connect(), { instance: client.instance });
    await resume(back, ['chat', start]);
    expect((await back.next())[4]).toBe(true);
    expect(await back.next()).toEqual(['m', 'chat', 'said', other, 'other', anyTime]);
    expect(back.skips).toEqual([['skip', 'chat', mine]]);
  });

  it('never replays what is volatile', async () => {
    const { realtime, wire } = await startRealtime();
    const { cursor } = await realtime.broadcast('news', 'kept', 1);
    expect(await realtime.broadcast('news', 'typing', 2, { volatile: true })).not.toHaveProperty('cursor');
    const client = wire.connect();
    await resume(client, ['news', cursor!]);
    expect((await client.next()).slice(3)).toEqual([cursor, true]);
    await realtime.broadcast('news', 'next', 3);
    expect((await client.next())[2]).toBe('next');
  });
});

describe('a gap', () => {
  const retention = { '*': { history: { size: 3, ttlMs: 10_000 } } };

  it('says expired, and goes on with the oldest that is kept', async () => {
    const { realtime, wire } = await startRealtime({ channels: retention });
    const { cursor } = await realtime.broadcast('news', 'tick', 0);
    const later = [];
    for (let index = 1; index <= 20; index++) later.push((await realtime.broadcast('news', 'tick', index)).cursor);
    const client = wire.connect();
    await resume(client, ['news', cursor!]);
    const before = later[16];
    expect(await client.next()).toEqual(['sub', 0, 'news', before, false]);
    expect(await client.next()).toEqual(['gap', 'news', 'expired', before]);
    for (const expected of [18, 19, 20]) expect((await client.next())[4]).toBe(expected);
  });

  it('says expired when time has passed, by the monotonic clock', async () => {
    const clock = new ManualClock();
    const broker = memoryBroker({ bus: new MemoryBus({ clock }) });
    const { realtime, wire } = await startRealtime({ channels: retention, clock, broker });
    const { cursor } = await realtime.broadcast('old', 'tick', 0);
    await realtime.broadcast('old', 'tick', 1);
    clock.advance(10_000);
    const client = wire.connect();
    await resume(client, ['old', cursor!]);
    expect((await client.next())[4]).toBe(false);
    // Nobody follows the channel and nothing of it is left, so it may have begun anew.
    expect(['expired', 'epoch']).toContain((await client.next())[2]);
  });

  it('says epoch after a restart, and for a cursor that no server wrote', async () => {
    const { realtime: before } = await startRealtime();
    const { cursor } = await before.broadcast('news', 'tick', 0);
    await before.close({ drainMs: 0 });
    const { realtime, wire } = await startRealtime();
    await realtime.broadcast('news', 'new', 1);
    for (const strange of [cursor!, 'no cursor', '..', 'e.-1.t', 'e.zzzzzzzzzzzzzzzz.t']) {
      const client = wire.connect();
      await resume(client, ['news', strange]);
      expect((await client.next())[4]).toBe(false);
      expect((await client.next()).slice(0, 3)).toEqual(['gap', 'news', 'epoch']);
      expect((await client.next())[2]).toBe('new');
    }
  });

  it('says diverged where the place holds another message, and goes on from the head', async () => {
    const { realtime, wire } = await startRealtime();
    const { cursor } = await realtime.broadcast('news', 'tick', 0);
    const { cursor: head } = await realtime.broadcast('news', 'tick', 1);
    const client = wire.connect();
    await resume(client, ['news', `${cursor}0`]);
    expect(await client.next()).toEqual(['sub', 0, 'news', head, false]);
    expect(await client.next()).toEqual(['gap', 'news', 'diverged', head]);
    await realtime.broadcast('news', 'tick', 2);
    expect((await client.next())[4]).toBe(2);
  });

  it('says limit where more was missed than one connection is sent, and goes on with the newest', async () => {
    const { realtime, wire } = await startRealtime({ channels: { '*': { history: { size: 2_000, ttlMs: 60_000 } } } });
    const { cursor } = await realtime.broadcast('news', 'tick', 0);
    await Promise.all(Array.from({ length: 1_500 }, (_, index) => realtime.broadcast('news', 'tick', index + 1)));
    const client = wire.connect();
    await resume(client, ['news', cursor!]);
    expect((await client.next())[4]).toBe(false);
    expect((await client.next()).slice(0, 3)).toEqual(['gap', 'news', 'limit']);
    for (let index = 501; index <= 1_500; index++) expect((await client.next())[4]).toBe(index);
  });

  it('comes to a channel that gave way when all rings together were over the byte limit', async () => {
    const broker = memoryBroker({ bus: new MemoryBus({ maxLogBytes: 100_000 }) });
    const { realtime, wire } = await startRealtime({ broker });
    const { cursor } = await realtime.broadcast('old', 'tick', 0);
    for (let index = 1; index <= 40; index++) await realtime.broadcast('old', 'tick', index);
    for (let index = 0; index < 10; index++) await realtime.broadcast('busy', 'tick', 'x'.repeat(10_000));
    const client = wire.connect();
    await resume(client, ['old', cursor!]);
    expect((await client.next())[4]).toBe(false);
    expect((await client.next()).slice(0, 3)).toEqual(['gap', 'old', 'expired']);
  });
});

describe('last', () => {
  it('gives a new subscriber the newest messages, without a gap', async () => {
    const { realtime, wire } = await startRealtime();
    for (let index = 0; index < 10; index++) await realtime.broadcast('news', 'tick', index);
    const client = wire.connect();
    await resume(client, ['news', null, 3]);
    expect((await client.next())[4]).toBe(false);
    for (const expected of [7, 8, 9]) expect((await client.next())[4]).toBe(expected);
    client.send(['sub', 1, 'other', null, 5]);
    expect((await client.next()).slice(0, 3)).toEqual(['sub', 1, 'other']);
  });
});

describe('history', () => {
  it('comes in pages, on the server and to clients, older and newer', async () => {
    const { realtime, wire } = await startRealtime();
    for (let index = 0; index < 10; index++) await realtime.broadcast('news', 'tick', index);
    const newest = await realtime.channel('news').history({ limit: 4 });
    expect(newest.messages.map(({ data }) => data)).toEqual([6, 7, 8, 9]);
    expect(newest.next).toBeNull();
    const older = await realtime.channel('news').history({ before: newest.previous!, limit: 4 });
    expect(older.messages.map(({ data }) => data)).toEqual([2, 3, 4, 5]);
    const oldest = await realtime.channel('news').history({ before: older.previous!, limit: 4 });
    expect([oldest.messages.map(({ data }) => data), oldest.previous]).toEqual([[0, 1], null]);
    const forth = await realtime.channel('news').history({ after: oldest.next!, limit: 4 });
    expect(forth.messages).toEqual(older.messages);

    const client = wire.connect();
    await client.open();
    client.send(['history', 1, 'news', { before: newest.previous, limit: 4 }]);
    const [type, n, result] = (await client.next()) as [
      string,
      number,
      { messages: unknown[][]; previous: string; next: string },
    ];
    expect([type, n, result.previous, result.next]).toEqual(['ok', 1, older.previous, older.next]);
    expect(result.messages.map((frame) => frame[4])).toEqual([2, 3, 4, 5]);
  });

  it('is refused where a channel keeps none, where it is not allowed, and for a cursor that no server wrote', async () => {
    const { realtime, wire } = await startRealtime({ channels: { 'live.*': { history: false } } });
    await expect(realtime.channel('live.a').history()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const client = wire.connect();
    await client.open();
    client.send(['history', 1, 'live.a', { limit: 5 }], ['history', 2, 'private-x', { limit: 5 }]);
    client.send(['history', 3, 'news', { before: 'strange', limit: 5 }]);
    const answers = new Map<unknown, unknown>();
    for (let index = 0; index < 3; index++) {
      const [, n, code] = await client.next();
      answers.set(n, code);
    }
    expect([1, 2, 3].map((n) => answers.get(n))).toEqual(['UNSUPPORTED', 'FORBIDDEN', 'INVALID_DATA']);
  });
});

describe('a publish id', () => {
  it('makes a repeated broadcast one message, and gives every copy the first one’s place', async () => {
    const { realtime, wire } = await startRealtime();
    const client = wire.connect();
    await client.open(['news']);
    const first = await realtime.broadcast('news', 'a', 1, { id: 'order-7' });
    const again = await realtime.broadcast('news', 'a', 1, { id: 'order-7' });
    expect(again.cursor).toBe(first.cursor);
    await realtime.broadcast('news', 'b', 2);
    expect([(await client.next())[2], (await client.next())[2]]).toEqual(['a', 'b']);
  });
});

describe('a channel without history', () => {
  it('has no places', async () => {
    const { realtime, wire } = await startRealtime({ channels: { 'live.*': { history: false } } });
    const client = wire.connect();
    await resume(client, ['live.a', 'e.1.t']);
    expect(await client.next()).toEqual(['sub', 0, 'live.a', null, false]);
    expect(await realtime.broadcast('live.a', 'tick', 1)).not.toHaveProperty('cursor');
    expect((await client.next())[3]).toBeNull();
  });
});
