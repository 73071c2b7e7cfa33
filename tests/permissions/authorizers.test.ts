import type { AuthorizationRequest, Realtime, RealtimeOptions } from '@rt/core';
import { once } from 'node:events';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { Inbox } from '../hardening/inbox.ts';
import { newInstance, RawClient, randomName } from '../hardening/raw-client.ts';
import { startServer } from '../hardening/server.ts';
import type { TestServer } from '../hardening/server.ts';
import { authenticate, TOKENS } from './people.ts';

/** One request that an authorizer has not answered yet. */
interface Asked {
  readonly request: AuthorizationRequest;
  readonly answer: (decision: boolean) => void;
}

/** A server whose private channels are decided by the test, request by request. */
async function startAsking(options: RealtimeOptions = {}): Promise<TestServer & { asked: Inbox<Asked> }> {
  const server = await startServer({ authenticate, ...options });
  const asked = new Inbox<Asked>();
  server.realtime.authorize(
    'private-*',
    (request) => new Promise<boolean>((resolve) => asked.push({ request, answer: resolve })),
  );
  return { ...server, asked };
}

function privateName(): string {
  return randomName('private-');
}

async function isNobodyIn(realtime: Realtime, channel: string): Promise<void> {
  expect(await realtime.channel(channel).subscriberCount()).toBe(0);
}

describe('what an authorizer is asked', () => {
  it('gets params by name, and their type from the pattern', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const seen = new Inbox<Readonly<Record<string, string>>>();
    realtime.authorize('private-chat.{chatId}', ({ params }) => {
      expectTypeOf(params.chatId).toEqualTypeOf<string>();
      expectTypeOf(params).not.toHaveProperty('other');
      seen.push(params);
      return true;
    });
    realtime.authorize('private-game.{gameId}.{side}.*', ({ params }) => {
      expectTypeOf(params.gameId).toEqualTypeOf<string>();
      expectTypeOf(params.side).toEqualTypeOf<string>();
      seen.push(params);
      return true;
    });
    realtime.authorize('private-plain', ({ params }) => {
      expectTypeOf<keyof typeof params>().toEqualTypeOf<never>();
      return true;
    });
    realtime.authorize('private-proto.{__proto__}', ({ params }) => {
      seen.push(params);
      return true;
    });
    const pattern: string = randomName('private-other.');
    realtime.authorize(pattern, ({ params }) => {
      expectTypeOf(params).toEqualTypeOf<Readonly<Record<string, string>>>();
      return true;
    });
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    await client.subscribe('private-chat.a=b@c');
    expect(await seen.next()).toEqual({ chatId: 'a=b@c' });
    await client.subscribe('private-game.7.left.x.y');
    expect(await seen.next()).toEqual({ gameId: '7', side: 'left' });
    await client.subscribe('private-proto.polluted');
    expect(Object.keys(await seen.next())).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('gets user, channel, connection, action and signal', async () => {
    const { port, asked } = await startAsking();
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    const channel = privateName();
    for (const [action, frame] of [
      ['subscribe', ['sub', 1, channel]],
      ['send', ['send', 2, channel, 'event', 0]],
      ['history', ['history', 3, channel, { limit: 1 }]],
    ] as const) {
      client.send(frame);
      const { request, answer } = await asked.next(action);
      expect(request).toMatchObject({ user: { id: 'ann' }, channel, action, params: {} });
      expect(request.connection.id).toBe(client.id);
      expect(request.signal.aborted).toBe(false);
      answer(false);
    }
    const anonymous = await RawClient.open(port);
    anonymous.send(['sub', 1, channel]);
    expect((await asked.next()).request.user).toBeUndefined();
  });

  it('is not asked again for sends of a subscription that it allowed, and is asked each time without one', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const asked = new Inbox<string>();
    realtime.authorize('private-*', ({ action }) => {
      asked.push(action);
      return true;
    });
    const [subscribed, other] = [await RawClient.open(port), await RawClient.open(port)];
    const channel = privateName();
    await subscribed.subscribe(channel);
    for (let n = 0; n < 3; n++) expect((await subscribed.request('send', channel, 'event', n))[0]).toBe('ok');
    expect(asked.takeAll()).toEqual(['subscribe', 'send']);
    for (let n = 0; n < 3; n++) expect((await other.request('send', channel, 'event', n))[0]).toBe('ok');
    expect(asked.takeAll()).toEqual(['send', 'send', 'send']);
  });
});

describe('an authorizer that takes its time', () => {
  it('hears that the client has gone, and its late yes subscribes nobody', async () => {
    const { realtime, port, asked } = await startAsking();
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    const channel = privateName();
    client.send(['sub', 1, channel]);
    const { request, answer } = await asked.next();
    const aborted = once(request.signal, 'abort');
    client.raw.socket.resetAndDestroy();
    await aborted;
    answer(true);
    await realtime.broadcast(channel, 'event', 'late');
    await isNobodyIn(realtime, channel);
  });

  it('its signal aborts also when the server ends the connection', async () => {
    const { realtime, port, asked } = await startAsking();
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    const channel = privateName();
    client.send(['sub', 1, channel]);
    const { request, answer } = await asked.next();
    await realtime.disconnect({ connection: client.id });
    expect(request.signal.aborted).toBe(true);
    answer(true);
    await client.ending();
    await isNobodyIn(realtime, channel);
  });

  it('an unsub that overtakes it answers the sub with CANCELLED, and a late yes subscribes nobody', async () => {
    const { realtime, port, asked } = await startAsking();
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    const channel = privateName();
    client.send(['sub', 1, channel]);
    const { answer } = await asked.next();
    client.send(['unsub', 2, channel]);
    expect(await client.next('ok')).toEqual(['ok', 2]);
    answer(true);
    expect((await client.next('err')).slice(0, 3)).toEqual(['err', 1, 'CANCELLED']);
    await isNobodyIn(realtime, channel);
    await realtime.broadcast(channel, 'event', 'late');
    expect(await client.framesOf(channel)).toEqual([]);
  });

  it('two subs at once ask once, and both get the no', async () => {
    const { port, asked } = await startAsking();
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    const channel = privateName();
    client.send(['sub', 1, channel]);
    client.send(['sub', 2, channel]);
    (await asked.next()).answer(false);
    for (const n of [1, 2]) {
      const answer = await client.received.next(`the answer to ${n}`, (frame) => frame[1] === n);
      expect(answer.slice(0, 3)).toEqual(['err', n, 'FORBIDDEN']);
    }
    expect(asked.size).toBe(0);
  });

  it('of sub, unsub, sub only the last counts: an old yes does not stand for a new no', async () => {
    const { realtime, port, asked } = await startAsking();
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    const channel = privateName();
    client.send(['sub', 1, channel]);
    client.send(['unsub', 2, channel]);
    client.send(['sub', 3, channel]);
    const [first, second] = [await asked.next(), await asked.next()];
    second.answer(false);
    expect((await client.next('err')).slice(0, 3)).toEqual(['err', 3, 'FORBIDDEN']);
    first.answer(true);
    expect((await client.next('err')).slice(0, 3)).toEqual(['err', 1, 'CANCELLED']);
    await isNobodyIn(realtime, channel);
  });

  it('sends behind one that waits keep their order, and a no for one does not let it through', async () => {
    const { realtime, port, asked } = await startAsking();
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    const channel = privateName();
    for (let n = 1; n <= 3; n++) client.send(['send', n, channel, 'event', n]);
    const [first, second, third] = [await asked.next(), await asked.next(), await asked.next()];
    third.answer(true);
    second.answer(false);
    first.answer(true);
    expect((await client.received.next('3', (frame) => frame[1] === 3))[0]).toBe('ok');
    expect((await realtime.channel(channel).history()).messages.map(({ data }) => data)).toEqual([1, 3]);
  });
});

describe('permissions that are taken away', () => {
  for (const what of ['reauthorize', 'auth'] as const) {
    it(`C6: ${what} ends what is no longer allowed with FORBIDDEN, and nothing comes after`, async () => {
      const { realtime, port } = await startServer({ authenticate });
      const banned = new Set<string>();
      realtime.authorize('private-*', ({ channel }) => !banned.has(channel));
      const [kept, lost] = [privateName(), privateName()];
      const client = await RawClient.open(port, { token: TOKENS.ann! });
      await client.subscribe(kept);
      await client.subscribe(lost);
      await client.roundTrip();
      client.received.takeAll();
      banned.add(lost);
      if (what === 'auth') {
        client.send(['auth', TOKENS.ann!]);
        expect(await client.next('auth')).toEqual(['auth', null]);
      } else {
        await realtime.user('ann').reauthorize();
      }
      expect((await client.next('unsub')).slice(0, 3)).toEqual(['unsub', lost, 'FORBIDDEN']);
      await isNobodyIn(realtime, lost);
      for (const channel of [lost, kept, 'user.ann']) await realtime.broadcast(channel, 'event', 'after');
      await client.roundTrip();
      const after = client.received.takeAll().filter((frame) => frame[0] === 'm');
      expect(after.map((frame) => frame[1])).toEqual([kept, 'user.ann']);
      expect((await client.request('sub', lost))[2]).toBe('FORBIDDEN');
      expect((await client.request('send', lost, 'event', 0))[2]).toBe('FORBIDDEN');
      expect((await client.request('history', lost, { limit: 1 }))[2]).toBe('FORBIDDEN');
    });
  }

  it('C6: reauthorize reaches every connection of the user, and nobody else', async () => {
    const { realtime, port } = await startServer({ authenticate });
    let isOpen = true;
    realtime.authorize('private-*', ({ user }) => isOpen || user?.id === 'bob');
    const channel = privateName();
    const clients = [TOKENS.ann!, TOKENS.ann!, TOKENS.bob!].map((token) => RawClient.open(port, { token }));
    const [phone, laptop, bob] = await Promise.all(clients);
    for (const client of [phone!, laptop!, bob!]) await client.subscribe(channel);
    isOpen = false;
    await realtime.user('ann').reauthorize();
    await realtime.broadcast(channel, 'event', 'after');
    expect(await phone!.dataOf(channel)).toEqual([]);
    expect(await laptop!.dataOf(channel)).toEqual([]);
    expect(await bob!.dataOf(channel)).toEqual(['after']);
  });

  it('C6: what was taken away while the client was away is not resumed, nor is what it missed', async () => {
    const { realtime, port } = await startServer({ authenticate });
    let isOpen = true;
    realtime.authorize('private-*', () => isOpen);
    const channel = privateName();
    const instance = newInstance();
    const before = await RawClient.open(port, { token: TOKENS.ann!, instance });
    const cursor = await before.subscribe(channel);
    before.raw.socket.destroy();
    await realtime.broadcast(channel, 'event', 'missed');
    isOpen = false;
    const after = await RawClient.open(port, { token: TOKENS.ann!, instance, resume: [[channel, cursor]] });
    expect((await after.next('unsub')).slice(0, 3)).toEqual(['unsub', channel, 'FORBIDDEN']);
    await realtime.broadcast(channel, 'event', 'after');
    expect(await after.framesOf(channel)).toEqual([]);
  });

  it('C6: a slow yes for a send that was asked before the permission went allows nothing after it', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const [isAsked, early] = [Promise.withResolvers<void>(), Promise.withResolvers<boolean>()];
    let sends = 0;
    realtime.authorize('private-*', ({ action }) => {
      if (action !== 'send') return true;
      isAsked.resolve();
      return sends++ === 0 ? early.promise : false;
    });
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    const channel = privateName();
    await client.subscribe(channel);
    client.send(['send', 100, channel, 'event', 'before']);
    await isAsked.promise;
    await realtime.user('ann').reauthorize();
    early.resolve(true);
    await client.received.next('the answer to the first', (frame) => frame[1] === 100);
    expect((await client.request('send', channel, 'event', 'after'))[2]).toBe('FORBIDDEN');
    expect((await realtime.channel(channel).history()).messages.map(({ data }) => data)).not.toContain('after');
  });

  it('C6: a sub that is still being decided is asked about again, and the later no counts', async () => {
    const { realtime, port, asked } = await startAsking();
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    const channel = privateName();
    client.send(['sub', 1, channel]);
    const early = await asked.next();
    const reauthorized = realtime.user('ann').reauthorize();
    (await asked.next()).answer(false);
    await reauthorized;
    early.answer(true);
    await client.received.next('the refusal', (frame) => frame[0] === 'err' && frame[1] === 1);
    await isNobodyIn(realtime, channel);
    await realtime.broadcast(channel, 'event', 'after');
    expect(await client.dataOf(channel)).toEqual([]);
  });
});
