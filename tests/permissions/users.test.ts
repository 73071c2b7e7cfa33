import { userChannel } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { newInstance, RawClient } from '../hardening/raw-client.ts';
import { startServer } from '../hardening/server.ts';
import { authenticate, TOKENS } from './people.ts';

describe('sendToUser', () => {
  it('reaches every connection of the user, and nobody else', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const opening = [TOKENS.ann!, TOKENS.ann!, TOKENS.bob!].map((token) => RawClient.open(port, { token }));
    const [phone, laptop, bob] = await Promise.all(opening);
    const anonymous = await RawClient.open(port);
    await realtime.sendToUser('ann', 'greeting', { text: 'hello' });
    await realtime.user('ann').send('greeting', 'again');
    for (const client of [phone!, laptop!]) {
      expect(await client.dataOf('user.ann')).toEqual([{ text: 'hello' }, 'again']);
    }
    for (const client of [bob!, anonymous]) {
      await client.roundTrip();
      expect(client.received.takeAll().filter((frame) => frame[0] === 'm')).toEqual([]);
    }
  });

  it('C3: what was missed while away comes on return, once and in order', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const instance = newInstance();
    const before = await RawClient.open(port, { token: TOKENS.ann!, instance });
    const [, , channel, cursor] = await before.next('sub');
    expect(channel).toBe('user.ann');
    before.raw.socket.destroy();
    for (const n of [1, 2, 3]) await realtime.sendToUser('ann', 'event', n);
    const after = await RawClient.open(port, {
      token: TOKENS.ann!,
      instance,
      resume: [['user.ann', String(cursor)]],
    });
    expect(await after.next('sub')).toEqual(['sub', 0, 'user.ann', cursor, true]);
    await realtime.sendToUser('ann', 'event', 4);
    expect(await after.dataOf('user.ann')).toEqual([1, 2, 3, 4]);
  });

  it('W9: another user, or nobody, can not have the channel by connect, sub, send or history, whatever the rules', async () => {
    const { realtime, port } = await startServer({ authenticate });
    realtime.authorize('user.*', () => true);
    for (const token of [TOKENS.bob, undefined]) {
      const client = await RawClient.open(port, {
        ...(token === undefined ? {} : { token }),
        resume: [['user.ann', null]],
      });
      expect((await client.next('unsub')).slice(0, 3)).toEqual(['unsub', 'user.ann', 'FORBIDDEN']);
      expect((await client.request('sub', 'user.ann'))[2]).toBe('FORBIDDEN');
      expect((await client.request('send', 'user.ann', 'event', 0))[2]).toBe('FORBIDDEN');
      expect((await client.request('history', 'user.ann', { limit: 1 }))[2]).toBe('FORBIDDEN');
      await realtime.sendToUser('ann', 'event', 'secret');
      expect(await client.framesOf('user.ann')).toEqual([]);
    }
  });

  it('W1: different ids have different channels, and each user gets only their own', async () => {
    const ids = [
      'a',
      'A',
      'a.b',
      'a=2Eb',
      'a=b',
      'a b',
      'a*',
      'ä',
      'a\u0308',
      '*',
      '\ufffd',
      '\ud800',
      '\ud801',
      'user.a',
    ];
    expect(new Set(ids.map((id) => userChannel(id))).size).toBe(ids.length);
    const { realtime, port } = await startServer({
      authenticate: ({ token }) => (token === undefined ? undefined : { id: ids[Number(token)]! }),
    });
    const clients = await Promise.all(ids.map((_id, index) => RawClient.open(port, { token: String(index) })));
    for (const id of ids) await realtime.sendToUser(id, 'event', id);
    for (const [index, id] of ids.entries()) {
      await clients[index]!.roundTrip();
      const got = clients[index]!.received.takeAll().filter((frame) => frame[0] === 'm');
      expect(got.map((frame) => [frame[1], frame[4]])).toEqual([[userChannel(id), id]]);
    }
  });
});

describe('send to one connection', () => {
  it('arrives as direct at that connection only', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const opening = [TOKENS.ann!, TOKENS.ann!].map((token) => RawClient.open(port, { token }));
    const [phone, laptop] = await Promise.all(opening);
    await realtime.send(phone!.id, 'private', { line: 'a\nb' });
    expect(await phone!.next('direct')).toEqual(['direct', 'private', { line: 'a\nb' }]);
    await laptop!.roundTrip();
    expect(laptop!.received.takeAll().map((frame) => frame[0])).not.toContain('direct');
  });

  it('rejects with UNKNOWN_CONNECTION for ids that no connection has, or has no more, and before ready', async () => {
    const { promise: isAsked, resolve } = Promise.withResolvers<void>();
    const { realtime, port } = await startServer({
      authenticate: ({ token }) => {
        if (token !== 'slow') return undefined;
        resolve();
        return new Promise(() => undefined);
      },
    });
    const client = await RawClient.open(port);
    await RawClient.connecting(port, { token: 'slow' });
    await isAsked;
    for (const id of ['', 'nobody', '__proto__', 'constructor', `${client.id} `, client.id.slice(0, -1)]) {
      await expect(realtime.send(id, 'event')).rejects.toMatchObject({ code: 'UNKNOWN_CONNECTION' });
    }
    await expect(realtime.send(client.id, 'bad\nname')).rejects.toMatchObject({ code: 'BAD_NAME' });
    await expect(realtime.send(client.id, 'event', 1n)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await realtime.disconnect({ connection: client.id });
    await expect(realtime.send(client.id, 'event')).rejects.toMatchObject({ code: 'UNKNOWN_CONNECTION' });
  });
});

describe('disconnect', () => {
  it('ends all connections of a user, with 4502 or the given code, and nobody else’s', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const opening = [TOKENS.ann!, TOKENS.ann!, TOKENS.bob!].map((token) => RawClient.open(port, { token }));
    const [phone, laptop, bob] = await Promise.all(opening);
    expect(await realtime.disconnect({ user: 'ann' })).toBe(2);
    for (const client of [phone!, laptop!]) expect((await client.ending()).code).toBe(4502);
    await bob!.roundTrip();
    expect(await realtime.disconnect({ user: 'bob' }, { code: 4000, reason: 'maintenance' })).toBe(1);
    expect((await bob!.ending()).code).toBe(4000);
    expect(bob!.received.takeAll().at(-1)).toEqual(['err', 0, 'DISCONNECTED', 'maintenance']);
    expect(await realtime.disconnect({ user: 'nobody' })).toBe(0);
    expect(await realtime.disconnect({ user: '__proto__' })).toBe(0);
  });

  it('ends one connection, and is told with the code', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const opening = [TOKENS.ann!, TOKENS.ann!].map((token) => RawClient.open(port, { token }));
    const [phone, laptop] = await Promise.all(opening);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    realtime.on('disconnected', ({ connection, code, reason }) => resolve([connection.id, code, reason]));
    expect(await realtime.disconnect({ connection: phone!.id }, { code: 3000 })).toBe(1);
    expect((await phone!.ending()).code).toBe(3000);
    phone!.raw.socket.destroy();
    expect(await promise).toMatchObject([phone!.id, expect.any(Number), 'DISCONNECTED']);
    await laptop!.roundTrip();
    expect(await realtime.disconnect({ connection: 'nobody' })).toBe(0);
  });

  it('refuses close codes that are not an application’s, and takes a reason of any length', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    for (const code of [0, 999, 1000, 1006, 2999, 5000, 3000.5, Number.NaN, -1]) {
      await expect((async () => realtime.disconnect({ user: 'ann' }, { code }))()).rejects.toMatchObject({
        code: 'BAD_OPTION',
      });
    }
    await client.roundTrip();
    // A close frame has room for 123 bytes (RFC 6455 §5.5); the reason must not need it.
    expect(await realtime.disconnect({ user: 'ann' }, { reason: 'ü\n'.repeat(500) })).toBe(1);
    expect((await client.ending()).code).toBe(4502);
  });
});
