import { RealtimeError } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { settle } from '../presence/room.ts';
import { setStage } from './stage.ts';

const FAILED = ['err', 1, 'HANDLER_FAILED', 'the method failed'];

describe('a method', () => {
  it.each<[string, unknown, readonly unknown[]]>([
    ['an object', { ids: [1] }, ['ok', 1, { ids: [1] }]],
    ['null', null, ['ok', 1, null]],
    ['false', false, ['ok', 1, false]],
    ['nothing', undefined, ['ok', 1]],
  ])('answers %s', async (_, result, answer) => {
    const { realtime, client } = await setStage();
    realtime.method('find', () => result);
    const caller = await client();
    caller.send(['call', 1, 'find', null]);
    expect(await caller.next()).toEqual(answer);
  });

  it('gets the input, the user and the connection', async () => {
    const { realtime, client } = await setStage();
    realtime.method('find', ({ input, user, connection }) => [input, user?.id, connection.id]);
    const ann = await client('ann');
    ann.send(['call', 7, 'find', { q: 'x' }]);
    expect(await ann.next()).toEqual(['ok', 7, [{ q: 'x' }, 'ann', ann.id]]);
  });

  it('holds up no other: answers come as they are ready', async () => {
    const { realtime, client } = await setStage();
    const slow = Promise.withResolvers<string>();
    realtime.method('slow', () => slow.promise);
    realtime.method('fast', () => 'fast');
    const caller = await client();
    caller.send(['call', 1, 'slow', null], ['call', 2, 'fast', null]);
    expect(await caller.next()).toEqual(['ok', 2, 'fast']);
    slow.resolve('slow');
    expect(await caller.next()).toEqual(['ok', 1, 'slow']);
  });

  it('that is not there is NOT_FOUND', async () => {
    const { client } = await setStage();
    const caller = await client();
    for (const name of ['find', '__proto__', 'constructor']) {
      caller.send(['call', 1, name, null]);
      expect(await caller.next()).toEqual(['err', 1, 'NOT_FOUND', 'there is no method of this name']);
    }
  });

  it('refuses with a code, a message and a detail of its own', async () => {
    const { realtime, client, lines } = await setStage();
    realtime.method('find', () => {
      throw new RealtimeError('FORBIDDEN', 'only on Sundays', { detail: { day: 0 }, cause: new Error('secret') });
    });
    const caller = await client();
    caller.send(['call', 1, 'find', null]);
    expect(await caller.next()).toEqual(['err', 1, 'FORBIDDEN', 'only on Sundays', { day: 0 }]);
    expect(lines).toEqual([]);
  });

  it('may give a detail that is no JSON: the rest is told', async () => {
    const { realtime, client } = await setStage();
    realtime.method('find', () => {
      throw new RealtimeError('FORBIDDEN', 'no', { detail: 1n });
    });
    const caller = await client();
    caller.send(['call', 1, 'find', null]);
    expect(await caller.next()).toEqual(['err', 1, 'FORBIDDEN', 'no']);
  });

  it.each<[string, () => unknown]>([
    ['throws at once', () => Promise.reject(new Error('secret'))],
    [
      'throws later',
      () => {
        throw new TypeError('secret');
      },
    ],
  ])('that %s tells its caller nothing and the log everything', async (_, method) => {
    const { realtime, client, lines } = await setStage();
    realtime.method('find', method);
    const caller = await client();
    caller.send(['call', 1, 'find', null]);
    expect(await caller.next()).toEqual(FAILED);
    const fields = { connection: caller.id, method: 'find', request: expect.any(String) };
    expect(lines).toEqual([
      ['error', 'a method failed', { ...fields, error: expect.stringMatching(/^(?:Type)?Error: secret$/) }],
    ]);
  });

  it.each<[string, unknown]>([
    ['a number that is too big', 1n],
    ['a function', () => undefined],
    ['more than a message may hold', 'x'.repeat(300_000)],
  ])('that answers %s has failed', async (_, result) => {
    const { realtime, client, lines } = await setStage();
    realtime.method('find', () => result);
    const caller = await client();
    caller.send(['call', 1, 'find', null]);
    expect(await caller.next()).toEqual(FAILED);
    expect(lines).toMatchObject([['error', 'the answer of a method failed', { method: 'find' }]]);
  });

  it('has one name, of the kind that events have', async () => {
    const { realtime } = await setStage();
    realtime.method('find', () => null);
    expect(() => realtime.method('find', () => null)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(() => realtime.method('', () => null)).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
  });
});

describe('a call that is taken back', () => {
  it('is answered at once, and its signal says why', async () => {
    const { realtime, client, lines } = await setStage();
    let signal: AbortSignal | undefined;
    realtime.method('wait', (call) => {
      ({ signal } = call);
      return new Promise((_, reject) => call.signal.addEventListener('abort', () => reject(new Error('late'))));
    });
    const caller = await client();
    caller.send(['call', 1, 'wait', null]);
    await settle();
    caller.send(['cancel', 1]);
    expect(await caller.next()).toEqual(['err', 1, 'CANCELLED', 'the caller took it back']);
    expect(signal?.reason).toMatchObject({ code: 'CANCELLED' });
    // It failed on its own account after that, which is worth a line.
    expect(lines).toMatchObject([['error', 'a method failed', { error: 'Error: late' }]]);
  });

  it('ends quietly where the method ends because of that', async () => {
    const { realtime, client, lines } = await setStage();
    realtime.method('wait', ({ signal }) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    });
    const caller = await client();
    caller.send(['call', 1, 'wait', null], ['cancel', 1]);
    expect((await caller.next())[2]).toBe('CANCELLED');
    caller.send(['call', 2, 'wait', null]);
    await settle();
    caller.abort();
    await settle();
    expect(lines).toEqual([]);
  });

  it('is answered once, whatever comes later', async () => {
    const { realtime, client } = await setStage();
    const answer = Promise.withResolvers<number>();
    realtime.method('wait', () => answer.promise);
    const caller = await client();
    caller.send(['call', 1, 'wait', null], ['cancel', 1], ['cancel', 1], ['cancel', 99]);
    expect((await caller.next())[2]).toBe('CANCELLED');
    answer.resolve(7);
    await settle();
    expect(caller.waiting).toBe(0);
    caller.send(['ping']);
    expect(await caller.next()).toEqual(['pong']);
  });

  it('is one of the caller that is gone', async () => {
    const { realtime, client } = await setStage();
    const signals: AbortSignal[] = [];
    realtime.method('wait', ({ signal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    const [caller, other] = [await client(), await client()];
    for (const each of [caller, other]) each.send(['call', 1, 'wait', null]);
    await settle();
    caller.abort();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });
});

it('a handler hears that its sender is gone, as a method does, and goes on with what was sent', async () => {
  const { realtime, client } = await setStage();
  const heard: unknown[] = [];
  realtime.handle('*', 'said', async (message) => {
    await new Promise((resolve) => message.signal.addEventListener('abort', resolve));
    heard.push(message.data, (await message.relay()).id.length > 0);
  });
  const [sender, other] = [await client(), await client()];
  other.send(['sub', 1, 'chat.1']);
  await other.next();
  sender.send(['send', 1, 'chat.1', 'said', 'last words']);
  await settle();
  expect(heard).toEqual([]);
  sender.abort();
  expect((await other.next()).slice(0, 5)).toMatchObject(['m', 'chat.1', 'said', expect.anything(), 'last words']);
  await settle();
  expect(heard).toEqual(['last words', true]);
});

it('a number that is in use ends the connection: nobody could tell the answers apart', async () => {
  const { realtime, client } = await setStage();
  realtime.method('wait', () => new Promise(() => undefined));
  const caller = await client();
  caller.send(['call', 1, 'wait', null], ['call', 1, 'wait', null]);
  expect((await caller.next()).slice(0, 3)).toEqual(['err', 0, 'BAD_FRAME']);
  expect((await caller.closed()).code).toBe(4500);
});
