import type { Authenticate, ClientConnection } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { startRealtime } from '../start-realtime.ts';

const byToken: Authenticate = ({ token }) => (token === 'good' ? { id: 'ann' } : undefined);

describe('connect', () => {
  it('lets anonymous clients in by default, and tells limits and beat', async () => {
    const { wire } = await startRealtime();
    const client = wire.connect();
    client.send(['connect', 1, client.instance]);
    const limits = { maxFrameBytes: 65_536, maxChannels: 200, messagesPerMinute: 600, messageBurst: 100 };
    expect(await client.next()).toEqual(['ready', expect.stringMatching(/^.{8}\..{12}$/), null, limits, 20_000, null]);
  });

  it.each<[string, boolean, string | null, string]>([
    ['a wrong token', true, 'wrong', '4501'],
    ['a wrong token, where anonymous is refused', false, 'wrong', '4501'],
    ['no token, where anonymous is refused', false, null, '4501'],
  ])('refuses %s', async (_, anonymous, token, code) => {
    const { wire } = await startRealtime({ authenticate: byToken, anonymous });
    const client = wire.connect();
    client.send(['connect', 1, client.instance, token]);
    expect((await client.next()).slice(0, 3)).toEqual(['err', 0, 'UNAUTHENTICATED']);
    expect(String((await client.closed()).code)).toBe(code);
  });

  it('refuses a token where nobody can check it', async () => {
    const { wire } = await startRealtime();
    const client = wire.connect();
    client.send(['connect', 1, client.instance, 'any']);
    expect((await client.closed()).code).toBe(4501);
  });

  it('gives authenticate the token, the cookies and the address, and tells the client who it is', async () => {
    const seen: unknown[] = [];
    const { wire } = await startRealtime({
      authenticate: ({ token, request }) => {
        seen.push(token, request.headers.cookie, request.address);
        return { id: 'ann' };
      },
    });
    const client = wire.connect({ headers: { cookie: 'a=b' }, address: '10.0.0.1' });
    client.send(['connect', 1, client.instance, 'token']);
    expect((await client.next())[2]).toBe('ann');
    expect(seen).toEqual(['token', 'a=b', '10.0.0.1']);
  });

  it.each<[string, Authenticate]>([
    ['throws', () => Promise.reject(new Error('the database is away'))],
    ['answers no user', () => ({ id: 7 }) as unknown as { id: string }],
  ])('asks the client to try again where authenticate %s', async (_, authenticate) => {
    const { wire } = await startRealtime({ authenticate });
    const client = wire.connect();
    client.send(['connect', 1, client.instance, 'token']);
    expect(await client.next()).toEqual([
      'err',
      0,
      'HANDLER_FAILED',
      'the server could not check who you are; try again',
    ]);
    expect((await client.closed()).code).toBe(1011);
  });

  it('aborts authenticate when the client has gone', async () => {
    const aborted = Promise.withResolvers<void>();
    const { wire } = await startRealtime({
      authenticate: ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted.resolve();
            resolve({ id: 'ann' });
          });
        }),
    });
    const client = wire.connect();
    client.send(['connect', 1, client.instance, 'token']);
    client.abort();
    await aborted.promise;
    expect(client.waiting).toBe(0);
  });

  it('refuses another version, a second connect, and anything before ready', async () => {
    const { wire } = await startRealtime();
    const [future, twice, early] = [wire.connect(), wire.connect(), wire.connect()];
    future.send(['connect', 2, future.instance]);
    expect((await future.closed()).code).toBe(4503);
    await twice.open();
    twice.send(['connect', 1, twice.instance]);
    expect((await twice.closed()).code).toBe(4500);
    early.send(['sub', 1, 'news']);
    expect((await early.closed()).code).toBe(4500);
  });

  it('refuses each channel of connect that may not be had, and takes up the rest', async () => {
    const { wire } = await startRealtime({ limits: { maxChannels: 1 } });
    const client = wire.connect();
    client.send([
      'connect',
      1,
      client.instance,
      null,
      [
        ['private-x', null],
        ['a b', null],
        ['news', null],
        ['sport', null],
      ],
    ]);
    const frames = [
      await client.next(),
      await client.next(),
      await client.next(),
      await client.next(),
      await client.next(),
    ];
    const outcomes = frames.slice(1).map((frame) => (frame[0] === 'sub' ? ['sub', frame[2]] : frame.slice(0, 3)));
    expect(outcomes).toEqual(
      expect.arrayContaining([
        ['unsub', 'private-x', 'FORBIDDEN'],
        ['unsub', 'a b', 'BAD_NAME'],
        ['sub', 'news'],
        ['unsub', 'sport', 'TOO_MANY_CHANNELS'],
      ]),
    );
  });

  it('allows each user only so many connections, and counts those that have gone', async () => {
    const { wire } = await startRealtime({ authenticate: byToken, limits: { connectionsPerUser: 2 } });
    const [first, second, third] = [wire.connect(), wire.connect(), wire.connect()];
    await first.open([], 'good');
    await second.open([], 'good');
    third.send(['connect', 1, third.instance, 'good']);
    expect((await third.closed()).code).toBe(4004);
    first.abort();
    await wire.connect().open([], 'good');
  });
});

describe('subscribing', () => {
  it.each(['private-x', 'private.x', 'presence-x', 'presence.x', 'user.7'])(
    'refuses %s without an authorizer',
    async (channel) => {
      const { wire } = await startRealtime();
      const client = wire.connect();
      await client.open();
      client.send(['sub', 1, channel]);
      expect((await client.next()).slice(0, 3)).toEqual(['err', 1, 'FORBIDDEN']);
    },
  );

  it('answers a repeated sub and a repeated unsub as the first', async () => {
    const { realtime, wire } = await startRealtime();
    const client = wire.connect();
    await client.open();
    client.send(['sub', 1, 'news'], ['sub', 2, 'news']);
    expect([await client.next(), await client.next()].map((frame) => frame.slice(0, 3))).toEqual([
      ['sub', 1, 'news'],
      ['sub', 2, 'news'],
    ]);
    expect(await realtime.channel('news').subscriberCount()).toBe(1);
    client.send(['unsub', 3, 'news'], ['unsub', 4, 'news']);
    expect([await client.next(), await client.next()]).toEqual([
      ['ok', 3],
      ['ok', 4],
    ]);
    expect(await realtime.channel('news').subscriberCount()).toBe(0);
  });

  it('answers a sub that an unsub overtook with CANCELLED, and a later sub counts', async () => {
    const { realtime, wire } = await startRealtime();
    const client = wire.connect();
    await client.open();
    client.send(['sub', 1, 'news'], ['unsub', 2, 'news'], ['sub', 3, 'news']);
    const answers = [await client.next(), await client.next(), await client.next()].map((frame) => frame.slice(0, 3));
    expect(answers).toEqual(
      expect.arrayContaining([
        ['err', 1, 'CANCELLED'],
        ['ok', 2],
        ['sub', 3, 'news'],
      ]),
    );
    expect(await realtime.channel('news').subscriberCount()).toBe(1);
  });
});

describe('limits', () => {
  it('refuses what is over the rate with the time to wait, and lets it through after that', async () => {
    const clock = new ManualClock();
    const { wire } = await startRealtime({ clock, limits: { messageBurst: 3, messagesPerMinute: 60 } });
    const client = wire.connect();
    await client.open();
    client.send(['ping'], ['ping'], ['sub', 1, 'news']);
    expect([await client.next(), await client.next()]).toEqual([['pong'], ['pong']]);
    expect(await client.next()).toEqual(['err', 1, 'RATE_LIMITED', expect.any(String), { retryAfterMs: 1_000 }]);
    clock.advance(1_000);
    client.send(['sub', 2, 'news']);
    expect((await client.next()).slice(0, 2)).toEqual(['sub', 2]);
  });

  it('refuses an answer that is over the rate without the number of the server, which may be one of the client as well', async () => {
    const clock = new ManualClock();
    const { wire } = await startRealtime({ clock, limits: { messageBurst: 1, messagesPerMinute: 60 } });
    const client = wire.connect();
    await client.open();
    client.send(['ok', 7], ['err', 7, 'FORBIDDEN', 'no']);
    for (let index = 0; index < 2; index++) {
      expect((await client.next()).slice(0, 3)).toEqual(['err', 0, 'RATE_LIMITED']);
    }
  });

  it('closes a client that goes on through the refusals', async () => {
    const { wire } = await startRealtime({ limits: { messageBurst: 3, messagesPerMinute: 1 } });
    const client = wire.connect();
    await client.open();
    for (let index = 0; index < 10; index++) client.send(['ping']);
    expect(await client.closed()).toEqual({ code: 4003, reason: 'RATE_LIMITED' });
  });

  it('ends a connection whose reader leaves more than the limit unread', async () => {
    const { realtime, wire } = await startRealtime({ limits: { maxQueuedBytes: 65_536 } });
    const client = wire.connect();
    await client.open(['news']);
    client.bufferedBytes = 65_537;
    await realtime.broadcast('news', 'x', 1);
    expect(await client.closed()).toEqual({ code: 4002, reason: 'SLOW_READER' });
    expect(await realtime.channel('news').subscriberCount()).toBe(0);
  });
});

describe('silence', () => {
  it('pings a client after the beat, keeps one that answers and closes one that does not', async () => {
    const clock = new ManualClock();
    const { wire } = await startRealtime({ clock });
    const [live, dead] = [wire.connect(), wire.connect()];
    await live.open();
    await dead.open();
    for (let round = 0; round < 3; round++) {
      clock.advance(21_000);
      expect(await live.next()).toEqual(['ping']);
      live.send(['pong']);
    }
    expect(await dead.next()).toEqual(['ping']);
    expect((await dead.closed()).code).toBe(4000);
    expect(live.waiting).toBe(0);
  });

  it('pings a client that is sent much but never heard', async () => {
    const clock = new ManualClock();
    const { realtime, wire } = await startRealtime({ clock });
    const client = wire.connect();
    await client.open(['news']);
    for (let second = 0; second < 19; second++) {
      clock.advance(1_000);
      await realtime.broadcast('news', 'tick', second);
      expect((await client.next())[4]).toBe(second);
    }
    clock.advance(1_000);
    expect(await client.next()).toEqual(['ping']);
  });

  it('closes a client that never says connect', async () => {
    const clock = new ManualClock();
    const { wire } = await startRealtime({ clock });
    const client = wire.connect();
    clock.advance(11_000);
    expect(await client.closed()).toEqual({ code: 4001, reason: 'CONNECT_TIMEOUT' });
  });
});

describe('close', () => {
  it('tells clients to go, waits until they have, and leaves no timer', async () => {
    const clock = new ManualClock();
    const { realtime, wire } = await startRealtime({ clock });
    const [leaver, stayer] = [wire.connect(), wire.connect()];
    await leaver.open();
    await stayer.open();
    const closing = realtime.close({ drainMs: 5_000 });
    expect(await leaver.next()).toEqual(['drain', 5_000]);
    leaver.abort();
    clock.advance(5_000);
    await closing;
    expect((await stayer.closed()).code).toBe(4200);
    expect(clock.pending).toBe(0);
  });
});

it('a connection that has ended is aborted, also for those who look at its signal only then', async () => {
  const { realtime, wire } = await startRealtime();
  const connections: ClientConnection[] = [];
  realtime.on('connected', ({ connection }) => connections.push(connection));
  const client = wire.connect();
  await client.open();
  client.abort();
  expect(connections[0]?.signal.aborted).toBe(true);
});
