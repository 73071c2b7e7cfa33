import { broadcast, MemoryBus, memoryBroker, Realtime, RealtimeError } from '@rt/core';
import type { ClientConnection, LifecycleEvents, User } from '@rt/core';
import { Inbox } from '@rt/core/conformance';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRealtime } from './start-realtime.ts';

const users = new Map<string, User>([['token-of-ann', { id: 'ann', name: 'Ann' }]]);

describe('broadcast', () => {
  it('reaches every subscriber and nobody else, with an id and a time', async () => {
    const { realtime, wire } = await startRealtime();
    const [a, b, other] = [wire.connect(), wire.connect(), wire.connect()];
    await Promise.all([a.open(['news']), b.open(['news']), other.open(['sport'])]);
    const { id, cursor } = await realtime.broadcast('news', 'created', { title: 'hello' });
    const message = ['m', 'news', 'created', cursor, { title: 'hello' }, [id, expect.any(Number)]];
    expect(await a.next()).toEqual(message);
    expect(await b.next()).toEqual(message);
    expect(other.waiting).toBe(0);
  });

  it('sends what came in one tick with one write for each connection', async () => {
    const { realtime, wire } = await startRealtime();
    const client = wire.connect();
    await client.open(['a', 'b']);
    const before = client.writes.length;
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => realtime.broadcast(index % 2 === 0 ? 'a' : 'b', 'tick', index)),
    );
    expect(client.writes.length).toBe(before + 1);
    expect(client.waiting).toBe(10);
  });

  it('sends nobody what others got behind the same messages in the same tick', async () => {
    const { realtime, wire } = await startRealtime();
    const [one, both] = [wire.connect(), wire.connect()];
    await Promise.all([one.open(['a']), both.open(['a', 'b'])]);
    await Promise.all([realtime.broadcast('a', 'tick', 1), realtime.broadcast('b', 'tick', 2)]);
    await realtime.broadcast('a', 'tick', 3);
    for (const expected of [1, 3]) expect((await one.next())[4]).toBe(expected);
    for (const expected of [1, 2, 3]) expect((await both.next())[4]).toBe(expected);
    expect([one.waiting, both.waiting]).toEqual([0, 0]);
  });

  it('spares the excluded client program, and only that: other devices of the user get it', async () => {
    const { realtime, wire } = await startRealtime({ authenticate: ({ token }) => users.get(token ?? '') });
    const seen: ClientConnection[] = [];
    realtime.on('connected', ({ connection }) => seen.push(connection));
    const [first, second] = [wire.connect(), wire.connect()];
    await first.open(['news'], 'token-of-ann');
    await second.open(['news'], 'token-of-ann');
    await realtime.broadcast('news', 'one', 1, { except: seen[0]! });
    await realtime.broadcast('news', 'two', 2, { except: { instance: second.instance, user: 'ann' } });
    await realtime.broadcast('news', 'three', 3, { except: { instance: second.instance } });
    expect([await first.next(), await first.next()].map((frame) => frame[2])).toEqual(['two', 'three']);
    expect([await second.next(), await second.next()].map((frame) => frame[2])).toEqual(['one', 'three']);
  });

  it.each([
    ['BAD_NAME', 'a b', 'x', 1],
    ['BAD_NAME', '$nodes', 'x', 1],
    ['BAD_NAME', 'news', '', 1],
    ['BAD_NAME', 'news', 'a\nb', 1],
    ['INVALID_DATA', 'news', 'x', 1n],
    ['INVALID_DATA', 'news', 'x', () => 1],
    ['TOO_LARGE', 'news', 'x', 'x'.repeat(256 * 1024)],
  ])('rejects with %s', async (code, channel, event, data) => {
    const { realtime } = await startRealtime();
    await expect(realtime.broadcast(channel, event, data)).rejects.toMatchObject({ code });
  });

  it('refuses an except that is neither a connection nor an instance', async () => {
    const { realtime } = await startRealtime();
    const except = { id: 'x' } as unknown as ClientConnection;
    await expect(realtime.broadcast('news', 'x', 1, { except })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it('crosses to another Realtime on the same broker, also from a publisher that never started explicitly', async () => {
    const bus = new MemoryBus();
    const { wire } = await startRealtime({ broker: memoryBroker({ bus }) });
    const publisher = new Realtime({ broker: memoryBroker({ bus }), logger: false });
    onTestFinished(() => publisher.close());
    const client = wire.connect();
    await client.open(['news']);
    await publisher.channel('news').broadcast('created', 1);
    expect((await client.next())[2]).toBe('created');
  });
});

describe('the module-level broadcast', () => {
  it('uses the one Realtime of the process, and says so when there is none or more than one', async () => {
    await expect(broadcast('news', 'created', 1)).rejects.toMatchObject({ code: 'NO_REALTIME' });
    const { wire } = await startRealtime();
    const client = wire.connect();
    await client.open(['news']);
    await broadcast('news', 'created', 1);
    expect((await client.next())[2]).toBe('created');
    await startRealtime();
    await expect(broadcast('news', 'created', 1)).rejects.toThrow('2 Realtimes');
  });
});

describe('sending by clients', () => {
  it('is refused where no rule allows it', async () => {
    const { wire } = await startRealtime({
      channels: { 'chat.*': { send: ['said'] }, 'chat.closed': { send: false } },
    });
    const client = wire.connect();
    await client.open();
    client.send(
      ['send', 1, 'news', 'said', 1],
      ['send', 2, 'chat.1', 'other', 1],
      ['send', 3, 'chat.closed', 'said', 1],
      ['send', 0, 'news', 'said', 1],
    );
    for (const n of [1, 2, 3, 0]) expect((await client.next()).slice(0, 3)).toEqual(['err', n, 'FORBIDDEN']);
  });

  it('relays to the others, with the sender as the server knows it', async () => {
    const { wire } = await startRealtime({
      channels: { '*': { send: true } },
      authenticate: ({ token }) => users.get(token ?? ''),
    });
    const [ann, other] = [wire.connect(), wire.connect()];
    await ann.open(['chat.1'], 'token-of-ann');
    await other.open(['chat.1']);
    ann.send(['send', 1, 'chat.1', 'said', 'hi']);
    expect(await ann.next()).toEqual(['ok', 1, expect.any(String)]);
    expect(await other.next()).toEqual([
      'm',
      'chat.1',
      'said',
      expect.any(String),
      'hi',
      [expect.any(String), expect.any(Number), 'ann'],
    ]);
    expect(ann.waiting).toBe(0);
  });

  it('answers nothing to a volatile send', async () => {
    const { wire } = await startRealtime({ channels: { '*': { send: true } } });
    const [a, b] = [wire.connect(), wire.connect()];
    await a.open();
    await b.open(['chat.1']);
    a.send(['send', 0, 'chat.1', 'typing', null], ['ping']);
    expect((await b.next())[2]).toBe('typing');
    expect(await a.next()).toEqual(['pong']);
    expect(a.waiting).toBe(0);
  });
});

describe('handle', () => {
  it('takes the place of relaying: others get what the handler relays, and nothing else', async () => {
    const { realtime, wire } = await startRealtime({ channels: { 'chat.*': { send: true } } });
    realtime.handle('chat.{room}', 'said', async (message) => {
      if (message.data === 'relay') await message.relay();
      if (message.data === 'change') await message.relay({ room: message.params['room'] });
    });
    const [a, b] = [wire.connect(), wire.connect()];
    await a.open();
    await b.open(['chat.1']);
    a.send(
      ['send', 1, 'chat.1', 'said', 'keep'],
      ['send', 2, 'chat.1', 'said', 'relay'],
      ['send', 3, 'chat.1', 'said', 'change'],
    );
    for (const n of [1, 2, 3]) expect((await a.next()).slice(0, 2)).toEqual(['ok', n]);
    expect((await b.next())[4]).toBe('relay');
    expect((await b.next())[4]).toEqual({ room: '1' });
    expect(b.waiting).toBe(0);
  });

  it('handles the sends of one connection to one channel in order, and holds up no other channel', async () => {
    const { realtime, wire } = await startRealtime({ channels: { '*': { send: true } } });
    const gate = Promise.withResolvers<void>();
    realtime.handle('slow', 'said', async (message) => {
      if (message.data === 1) await gate.promise;
      await message.relay();
    });
    const [a, b] = [wire.connect(), wire.connect()];
    await a.open();
    await b.open(['slow', 'quick']);
    a.send(
      ['send', 1, 'slow', 'said', 1],
      ['send', 2, 'slow', 'said', 2],
      ['send', 3, 'slow', 'unhandled', 3],
      ['send', 4, 'quick', 'said', 4],
    );
    expect((await a.next()).slice(0, 2)).toEqual(['ok', 4]);
    gate.resolve();
    for (const n of [1, 2, 3]) expect((await a.next()).slice(0, 2)).toEqual(['ok', n]);
    expect([await b.next(), await b.next(), await b.next(), await b.next()].map((frame) => frame[4])).toEqual([
      4, 1, 2, 3,
    ]);
  });

  it('answers the sender when a handler throws: its own code where it has one', async () => {
    const { realtime, wire } = await startRealtime({ channels: { '*': { send: true } } });
    realtime.handle('a', 'x', () => {
      throw new Error('secret');
    });
    realtime.handle('b', 'x', () => {
      throw new RealtimeError('FORBIDDEN', 'not today');
    });
    const client = wire.connect();
    await client.open();
    client.send(['send', 1, 'a', 'x', 1], ['send', 2, 'b', 'x', 1]);
    const answers = [await client.next(), await client.next()];
    expect(answers).toEqual([
      ['err', 1, 'HANDLER_FAILED', 'the handler of this event failed'],
      ['err', 2, 'FORBIDDEN', 'not today'],
    ]);
  });

  it('refuses a second handler for the same channels and event', async () => {
    const { realtime } = await startRealtime();
    realtime.handle('chat.{a}', 'x', () => undefined);
    realtime.handle('chat.{a}', 'y', () => undefined);
    expect(() => realtime.handle('chat.{b}', 'x', () => undefined)).toThrow(/match the same channels/);
  });
});

describe('lifecycle', () => {
  it('tells of connections and subscriptions, and survives listeners that throw', async () => {
    const { realtime, wire } = await startRealtime();
    const heard = new Inbox<string>();
    realtime.on('connected', () => {
      throw new Error('a broken listener');
    });
    for (const name of ['connected', 'subscribed', 'unsubscribed', 'disconnected'] as const) {
      realtime.on(name, (event: LifecycleEvents[typeof name]) =>
        heard.push(`${name}${'channel' in event ? ` ${event.channel}` : ''}`),
      );
    }
    const client = wire.connect();
    await client.open(['a', 'b']);
    client.send(['unsub', 1, 'a']);
    await client.next();
    client.abort();
    expect(await heard.take(6, 'the events')).toEqual([
      'connected',
      'subscribed a',
      'subscribed b',
      'unsubscribed a',
      'unsubscribed b',
      'disconnected',
    ]);
  });

  it('stops telling when asked to', async () => {
    const { realtime, wire } = await startRealtime();
    let count = 0;
    const off = realtime.on('connected', () => void count++);
    await wire.connect().open();
    off();
    await wire.connect().open();
    expect(count).toBe(1);
  });
});

describe('close', () => {
  it('refuses everything afterwards and can be called twice', async () => {
    const { realtime } = await startRealtime();
    await Promise.all([realtime.close({ drainMs: 0 }), realtime.close({ drainMs: 0 })]);
    await expect(realtime.broadcast('news', 'x', 1)).rejects.toMatchObject({ code: 'CLOSING' });
    await expect(realtime.start()).rejects.toMatchObject({ code: 'CLOSING' });
  });
});
