import type { Authorizer, Logger, RealtimeOptions } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { settle } from '../presence/room.ts';
import { startRealtime } from '../start-realtime.ts';
import type { TestClient } from '../test-wire.ts';

const SECOND = 1_000;

type Line = readonly [message: string, fields: Readonly<Record<string, unknown>> | undefined];

/** A server with a clock that stands still, and what it logs as errors. */
async function startWithClock(options: RealtimeOptions = {}) {
  const clock = new ManualClock();
  const lines: Line[] = [];
  const silent = (): void => undefined;
  const error: Logger['error'] = (message, fields) => void lines.push([message, fields]);
  const logger: Logger = { debug: silent, info: silent, warn: silent, error };
  const started = await startRealtime({
    clock,
    logger,
    limits: { beatMs: 1_000_000 },
    channels: { '*': { send: true } },
    authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
    ...options,
  });
  const wait = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  return { ...started, clock, lines, wait };
}

/** An authorizer that says yes at first, and from `stop()` on nothing at all; it keeps the signals of what it was asked then. */
class Silent {
  readonly signals: AbortSignal[] = [];
  #isStopped = false;

  readonly ask: Authorizer = ({ signal }) => {
    if (!this.#isStopped) return true;
    this.signals.push(signal);
    return new Promise<boolean>(() => undefined);
  };

  stop(): void {
    this.#isStopped = true;
  }
}

const LATE = { error: 'RealtimeError [DEADLINE]: no answer within 10000 ms' };

describe('an authorizer that never answers', () => {
  it.each<[string, readonly unknown[]]>([
    ['a subscription', ['sub', 1, 'private-x']],
    ['a message', ['send', 1, 'private-x', 'said', 0]],
    ['history', ['history', 1, 'private-x', { limit: 1 }]],
    ['members', ['members', 1, 'presence-x']],
  ])('is no longer waited for by %s after 10 s: no, and its signal aborts', async (_, frame) => {
    const { realtime, wire, lines, wait } = await startWithClock();
    const authorizer = new Silent();
    authorizer.stop();
    realtime.authorize('*', authorizer.ask);
    const client = wire.connect();
    const connection = await client.open([], 'ann');
    client.send(frame);
    await wait(10 * SECOND - 1);
    expect([client.waiting, authorizer.signals[0]?.aborted, lines.length]).toEqual([0, false, 0]);
    await wait(1);
    expect((await client.next()).slice(0, 3)).toEqual(['err', 1, 'DEADLINE']);
    expect(authorizer.signals[0]?.reason).toMatchObject({ code: 'DEADLINE' });
    const fields = expect.objectContaining({ connection, channel: frame[2], ...LATE });
    expect(lines).toEqual([['an authorizer failed', fields]]);
  });

  it('ends a channel of connect and of a reconnect', async () => {
    const { realtime, wire, wait } = await startWithClock();
    const authorizer = new Silent();
    realtime.authorize('private-*', authorizer.ask);
    const client = wire.connect();
    await client.open(['private-x'], 'ann');
    client.abort();
    authorizer.stop();
    const back = Object.assign(wire.connect(), { instance: client.instance });
    back.send(['connect', 1, back.instance, 'ann', [['private-x', null]]]);
    await settle();
    await wait(10 * SECOND);
    const frames = [await back.next(), await back.next(), await back.next()];
    expect(frames.at(-1)?.slice(0, 3)).toEqual(['unsub', 'private-x', 'DEADLINE']);
    expect(await realtime.channel('private-x').subscriberCount()).toBe(0);
  });

  it.each<[string, (client: TestClient, reauthorize: () => void) => void]>([
    ['a new token', (client) => client.send(['auth', 'ann'])],
    ['reauthorize()', (_, reauthorize) => reauthorize()],
  ])('C6: ends what it was asked about again at %s', async (_, ask) => {
    const { realtime, wire, wait } = await startWithClock();
    const authorizer = new Silent();
    realtime.authorize('private-*', authorizer.ask);
    const client = wire.connect();
    await client.open(['private-x', 'news'], 'ann');
    authorizer.stop();
    let isDone = false;
    ask(
      client,
      () =>
        void realtime
          .user('ann')
          .reauthorize()
          .then(() => (isDone = true)),
    );
    await settle();
    if (client.waiting > 0) expect((await client.next())[0]).toBe('auth');
    await wait(10 * SECOND - 1);
    expect([client.waiting, isDone]).toEqual([0, false]);
    await wait(1);
    expect((await client.next()).slice(0, 3)).toEqual(['unsub', 'private-x', 'DEADLINE']);
    await realtime.broadcast('private-x', 'said', 'secret');
    await realtime.broadcast('news', 'said', 'public');
    expect((await client.next()).slice(1, 3)).toEqual(['news', 'said']);
  });

  it('says nothing more with a late yes', async () => {
    const { realtime, wire, wait } = await startWithClock();
    const answer = Promise.withResolvers<boolean>();
    realtime.authorize('private-*', () => answer.promise);
    const client = wire.connect();
    await client.open([], 'ann');
    client.send(['sub', 1, 'private-x']);
    await wait(10 * SECOND);
    await client.next();
    answer.resolve(true);
    await settle();
    expect(client.waiting).toBe(0);
    expect(await realtime.channel('private-x').subscriberCount()).toBe(0);
  });

  it('that was late and then throws is logged once', async () => {
    const { realtime, wire, lines, wait } = await startWithClock();
    const answer = Promise.withResolvers<boolean>();
    realtime.authorize('private-*', () => answer.promise);
    const client = wire.connect();
    await client.open([], 'ann');
    client.send(['sub', 1, 'private-x']);
    await wait(10 * SECOND);
    answer.reject(new Error('too late'));
    await settle();
    expect(lines).toHaveLength(1);
  });

  it('has the time that limits.decisionTimeoutMs says', async () => {
    const { realtime, wire, wait } = await startWithClock({ limits: { decisionTimeoutMs: 50 } });
    realtime.authorize('private-*', () => new Promise(() => undefined));
    const client = wire.connect();
    await client.open([], 'ann');
    client.send(['sub', 1, 'private-x']);
    await wait(50);
    expect((await client.next())[2]).toBe('DEADLINE');
  });
});

describe('an authorizer that answers in time', () => {
  it('leaves no timer behind', async () => {
    const { realtime, wire, clock } = await startWithClock();
    realtime.authorize('private-*', async () => true);
    const client = wire.connect();
    await client.open([], 'ann');
    const { pending } = clock;
    client.send(['sub', 1, 'private-x']);
    expect((await client.next())[0]).toBe('sub');
    expect(clock.pending).toBe(pending);
  });
});

describe('authenticate that never answers about a new token', () => {
  it('is asked no longer after 10 s: the client hears of it, and its old token counts on', async () => {
    const signals: AbortSignal[] = [];
    const { wire, lines, wait } = await startWithClock({
      authenticate: ({ token, signal }) => {
        if (token !== 'new') return { id: 'ann' };
        signals.push(signal);
        return new Promise(() => undefined);
      },
    });
    const client = wire.connect();
    const connection = await client.open([], 'ann');
    client.send(['auth', 'new']);
    await wait(10 * SECOND - 1);
    expect(client.waiting).toBe(0);
    await wait(1);
    expect((await client.next()).slice(0, 3)).toEqual(['err', 0, 'HANDLER_FAILED']);
    expect(signals[0]?.aborted).toBe(true);
    expect(lines).toEqual([['authenticate failed', { connection, request: expect.any(String), ...LATE }]]);
    client.send(['ping']);
    expect(await client.next()).toEqual(['pong']);
  });
});
