import type { Authenticate, User } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../packages/core/test/manual-clock.ts';
import { Inbox } from '../hardening/inbox.ts';
import { RawClient, randomName } from '../hardening/raw-client.ts';
import { startServer } from '../hardening/server.ts';

/** Ids by token: `<user> <seconds>` is a token of that user which ends so many seconds after the clock's beginning. */
function expiring(clock: ManualClock): Authenticate {
  const beginning = clock.wallNow();
  return async ({ token }) => {
    const [id, seconds] = (token ?? '').split(' ');
    if (id === undefined || id === '') return undefined;
    return seconds === undefined ? { id } : { id, expiresAt: new Date(beginning + Number(seconds) * 1_000) };
  };
}

describe('C5: a token that expires', () => {
  it('closes the live connection with 4005 within a second, and nothing is delivered after', async () => {
    const clock = new ManualClock();
    const limits = { beatMs: 1_000_000 };
    const { realtime, port } = await startServer({ authenticate: expiring(clock), clock, limits });
    const channel = randomName();
    const client = await RawClient.open(port, { token: 'ann 60' });
    expect(client.ready[5]).toBe(60_000);
    await client.subscribe(channel);
    const disconnected = new Inbox<string>();
    realtime.on('disconnected', ({ reason }) => disconnected.push(reason));
    clock.advance(59_000);
    await realtime.broadcast(channel, 'event', 'valid');
    expect(await client.dataOf(channel)).toEqual(['valid']);
    clock.advance(2_000);
    await realtime.broadcast(channel, 'event', 'too late');
    await realtime.sendToUser('ann', 'event', 'too late');
    expect(await client.ending()).toMatchObject({ code: 4005, reason: 'TOKEN_EXPIRED' });
    expect(client.received.takeAll().filter((frame) => frame[0] === 'm')).toEqual([]);
    expect(await disconnected.next()).toBe('TOKEN_EXPIRED');
    expect(await realtime.channel(channel).subscriberCount()).toBe(0);
    expect(await realtime.user('ann').isOnline()).toBe(false);
  });

  it('can be renewed in time: the connection stays until the new one expires', async () => {
    const clock = new ManualClock();
    const { port } = await startServer({ authenticate: expiring(clock), clock });
    const client = await RawClient.open(port, { token: 'ann 10' });
    clock.advance(5_000);
    client.send(['auth', 'ann 15']);
    expect(await client.next('auth')).toEqual(['auth', 10_000]);
    clock.advance(9_000);
    await client.roundTrip();
    clock.advance(2_000);
    expect((await client.ending()).code).toBe(4005);
  });

  it('can be renewed by one that does not expire', async () => {
    const clock = new ManualClock();
    const { port } = await startServer({ authenticate: expiring(clock), clock });
    const client = await RawClient.open(port, { token: 'ann 10' });
    client.send(['auth', 'ann']);
    expect(await client.next('auth')).toEqual(['auth', null]);
    clock.advance(12_000);
    await client.roundTrip();
  });

  for (const [what, token] of Object.entries({
    'of somebody else': 'bob 60',
    'that is not accepted': ' ',
    'that has expired': 'ann 1',
  })) {
    it(`closes with 4501 at a new token ${what}, and the old one's time does not count any more`, async () => {
      const clock = new ManualClock();
      const { realtime, port } = await startServer({ authenticate: expiring(clock), clock });
      const channel = randomName();
      const client = await RawClient.open(port, { token: 'ann 30' });
      await client.subscribe(channel);
      clock.advance(2_000);
      client.send(['auth', token]);
      expect((await client.ending()).code).toBe(4501);
      expect(client.received.takeAll().at(-1)?.slice(0, 3)).toEqual(['err', 0, 'UNAUTHENTICATED']);
      expect(await realtime.channel(channel).subscriberCount()).toBe(0);
      expect(await realtime.channel('user.bob').subscriberCount()).toBe(0);
    });
  }

  it('is refused with 4501 at connect once it has expired, to the millisecond', async () => {
    const clock = new ManualClock();
    const { port } = await startServer({ authenticate: expiring(clock), clock });
    clock.advance(999);
    const inTime = await RawClient.open(port, { token: 'ann 1' });
    expect(inTime.ready[5]).toBe(1);
    clock.advance(1);
    const late = await RawClient.connecting(port, { token: 'ann 1' });
    expect((await late.ending()).code).toBe(4501);
    expect(late.received.takeAll().map((frame) => frame[2])).toEqual(['UNAUTHENTICATED']);
  });

  it('of two new tokens at once the one that was sent last counts, whatever is checked first', async () => {
    const clock = new ManualClock();
    const user = (seconds: number): User => ({ id: 'ann', expiresAt: new Date(clock.wallNow() + seconds * 1_000) });
    const slow = Promise.withResolvers<User>();
    const { port } = await startServer({
      clock,
      authenticate: ({ token }) => (token === 'old' ? slow.promise : user(60)),
    });
    const client = await RawClient.open(port, { token: 'first' });
    client.send(['auth', 'old']);
    client.send(['auth', 'new']);
    await client.roundTrip();
    slow.resolve(user(5));
    await client.next('auth');
    await client.next('auth');
    clock.advance(7_000);
    await client.roundTrip();
  });

  it('an expiresAt that is no date lets nobody in', async () => {
    for (const expiresAt of [new Date(Number.NaN), 'tomorrow', Number.POSITIVE_INFINITY, 0] as never[]) {
      const { port } = await startServer({ authenticate: () => ({ id: 'ann', expiresAt }) });
      const client = await RawClient.connecting(port, { token: 'any' });
      expect((await client.received.next('an answer')).slice(0, 3)).toEqual(['err', 0, 'HANDLER_FAILED']);
      await client.ending();
    }
  });
});

describe('cookies', () => {
  it('C5: reach authenticate on connect and again on auth', async () => {
    const seen = new Inbox<unknown>();
    const { port } = await startServer({
      authenticate: ({ token, request }) => {
        seen.push([token, request.headers.cookie, request.headers['x-other']]);
        return { id: 'ann' };
      },
    });
    const client = await RawClient.open(port, { lines: { extra: ['Cookie: session=abc; theme=dark', 'X-Other: 1'] } });
    expect(await seen.next()).toEqual([undefined, 'session=abc; theme=dark', '1']);
    client.send(['auth', 'new']);
    expect(await client.next('auth')).toEqual(['auth', null]);
    expect(await seen.next()).toEqual(['new', 'session=abc; theme=dark', '1']);
  });

  it('make a user without a token, and without one nobody gets in where anonymous is off', async () => {
    const { port } = await startServer({
      anonymous: false,
      authenticate: ({ request }) => (request.headers.cookie === 'session=ann' ? { id: 'ann' } : undefined),
    });
    const client = await RawClient.open(port, { lines: { extra: ['Cookie: session=ann'] } });
    expect(client.ready[2]).toBe('ann');
    const other = await RawClient.connecting(port);
    expect((await other.ending()).code).toBe(4501);
  });
});

describe('connections of one user', () => {
  it('are limited, each user for themselves, and one that goes makes room', async () => {
    const { realtime, port } = await startServer({
      authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
      limits: { connectionsPerUser: 2 },
    });
    const [first] = [await RawClient.open(port, { token: 'ann' }), await RawClient.open(port, { token: 'ann' })];
    const third = await RawClient.connecting(port, { token: 'ann' });
    expect((await third.ending()).code).toBe(4004);
    await RawClient.open(port, { token: 'bob' });
    for (let n = 0; n < 5; n++) await RawClient.open(port);
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    realtime.on('disconnected', () => resolve());
    first.raw.socket.destroy();
    await gone;
    await RawClient.open(port, { token: 'ann' });
    expect((await realtime.user('ann').connections()).length).toBe(2);
  });

  it('count when they get in, so that many at once are no way around', async () => {
    const { realtime, port } = await startServer({
      authenticate: async () => ({ id: 'ann' }),
      limits: { connectionsPerUser: 3 },
    });
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connecting(port, { token: 'any' })));
    const answers = await Promise.all(clients.map((client) => client.received.next('an answer')));
    expect(answers.filter((frame) => frame[0] === 'ready')).toHaveLength(3);
    expect(answers.filter((frame) => frame[2] === 'TOO_MANY_CONNECTIONS')).toHaveLength(17);
    expect(await realtime.user('ann').isOnline()).toBe(true);
  });
});
