import { RealtimeError } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { settle } from '../presence/room.ts';
import { setStage } from './stage.ts';

const SECOND = 1_000;
const LATE = 'RealtimeError [DEADLINE]: no answer within 30000 ms';

describe('what hangs', () => {
  it('is answered with DEADLINE after 30 s: a handler', async () => {
    const { realtime, client, wait, lines } = await setStage();
    const signals: AbortSignal[] = [];
    realtime.handle('*', 'said', ({ signal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    const ann = await client('ann');
    ann.send(['send', 1, 'chat.1', 'said', 0]);
    await settle();
    await wait(30 * SECOND - 1);
    expect([ann.waiting, signals[0]?.aborted]).toEqual([0, false]);
    await wait(1);
    expect((await ann.next()).slice(0, 3)).toEqual(['err', 1, 'DEADLINE']);
    expect(signals[0]?.reason).toMatchObject({ code: 'DEADLINE' });
    const fields = { connection: ann.id, channel: 'chat.1', event: 'said', request: expect.any(String), error: LATE };
    expect(lines).toEqual([['error', 'a message handler failed', fields]]);
  });

  it('is answered with DEADLINE after 30 s: a method', async () => {
    const { realtime, client, wait, lines, clock } = await setStage();
    const answer = Promise.withResolvers<number>();
    realtime.method('wait', () => answer.promise);
    const ann = await client('ann');
    const { pending } = clock;
    ann.send(['call', 1, 'wait', null]);
    await settle();
    await wait(30 * SECOND);
    expect((await ann.next()).slice(0, 3)).toEqual(['err', 1, 'DEADLINE']);
    expect(lines).toMatchObject([['error', 'a method failed', { method: 'wait', error: LATE }]]);
    // Neither a late answer nor a late failure is for anybody.
    answer.reject(new Error('late'));
    await settle();
    expect([ann.waiting, lines.length, clock.pending]).toEqual([0, 1, pending]);
  });

  it('has the time that limits.handlerTimeoutMs says', async () => {
    const { realtime, client, wait } = await setStage({ limits: { handlerTimeoutMs: 50 } });
    realtime.method('wait', () => new Promise(() => undefined));
    const ann = await client('ann');
    ann.send(['call', 1, 'wait', null]);
    await settle();
    await wait(50);
    expect((await ann.next())[2]).toBe('DEADLINE');
  });

  it('has a time of its own for each: one begun later ends later', async () => {
    const { realtime, client, wait } = await setStage();
    realtime.method('wait', () => new Promise(() => undefined));
    const ann = await client('ann');
    ann.send(['call', 1, 'wait', null]);
    await settle();
    await wait(20 * SECOND);
    ann.send(['call', 2, 'wait', null]);
    await settle();
    await wait(10 * SECOND);
    expect([(await ann.next())[1], ann.waiting]).toEqual([1, 0]);
    await wait(20 * SECOND);
    expect((await ann.next())[1]).toBe(2);
  });

  it('holds up the next message of its channel for that long, and no other channel', async () => {
    const { realtime, client, wait } = await setStage();
    let isFirst = true;
    realtime.handle('chat.1', 'said', () => {
      const hangs = isFirst;
      isFirst = false;
      return hangs ? new Promise<void>(() => undefined) : undefined;
    });
    const ann = await client('ann');
    ann.send(['send', 1, 'chat.1', 'said', 0], ['send', 2, 'chat.1', 'said', 0], ['send', 3, 'chat.2', 'said', 0]);
    expect((await ann.next()).slice(0, 2)).toEqual(['ok', 3]);
    await wait(30 * SECOND);
    expect([(await ann.next()).slice(0, 3), (await ann.next()).slice(0, 2)]).toEqual([
      ['err', 1, 'DEADLINE'],
      ['ok', 2],
    ]);
  });

  it('ends with what is thrown because of the deadline, logged once', async () => {
    const { realtime, client, wait, lines } = await setStage();
    realtime.method('wait', ({ signal }) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    });
    const ann = await client('ann');
    ann.send(['call', 1, 'wait', null]);
    await settle();
    await wait(30 * SECOND);
    expect([(await ann.next())[2], lines.length]).toEqual(['DEADLINE', 1]);
  });
});

describe('authenticate that hangs', () => {
  it('is logged, and its place is free again some time after the connection was ended', async () => {
    const { wire, wait, lines } = await setStage({
      authenticate: ({ token }) => (token === 'x' ? new Promise(() => undefined) : { id: String(token) }),
      limits: { maxInvocationsTotal: 1 },
    });
    const [stuck, other] = [wire.connect(), wire.connect()];
    stuck.send(['connect', 1, stuck.instance, 'x']);
    await wait(10 * SECOND);
    expect((await stuck.closed()).reason).toBe('CONNECT_TIMEOUT');
    await wait(2 * SECOND);
    expect(lines).toMatchObject([['error', 'authenticate failed', { error: expect.stringContaining('DEADLINE') }]]);
    other.send(['connect', 1, other.instance, 'ann']);
    await wait(0);
    expect((await other.next())[0]).toBe('err');
    await other.closed();
    const third = wire.connect();
    await third.open([], 'ann');
  });
});

describe('what answers twice', () => {
  it('is heard once: a handler that fails after it has relayed', async () => {
    const { realtime, client } = await setStage();
    realtime.handle('*', 'said', async (message) => {
      await Promise.all([message.relay(1), message.relay(2)]);
      throw new RealtimeError('FORBIDDEN', 'after all');
    });
    const [ann, ben] = [await client('ann'), await client('ben')];
    ben.send(['sub', 1, 'chat.1']);
    await ben.next();
    ann.send(['send', 1, 'chat.1', 'said', 0]);
    expect((await ann.next()).slice(0, 3)).toEqual(['err', 1, 'FORBIDDEN']);
    expect([(await ben.next())[4], (await ben.next())[4]]).toEqual([1, 2]);
    await settle();
    expect([ann.waiting, ben.waiting]).toEqual([0, 0]);
  });
});
