import { describe, expect, it } from 'vitest';
import { settle } from '../presence/room.ts';
import { setStage } from './stage.ts';
import type { Stage } from './stage.ts';

const SECOND = 1_000;
const LATER = { retryAfterMs: 1_000 };

/** Calls `wait`, which answers when it is let go, in the order in which they were begun. */
function holdMethod({ realtime }: Stage): { begun: unknown[]; letGo: () => void } {
  const begun: unknown[] = [];
  const held: (() => void)[] = [];
  realtime.method('wait', ({ input }) => {
    begun.push(input);
    return new Promise<void>((resolve) => held.push(resolve));
  });
  return { begun, letGo: () => held.shift()!() };
}

describe('methods of one connection', () => {
  it('run maxInvocations at once; more wait in order, and more than maxQueuedInvocations are refused', async () => {
    const stage = await setStage({ limits: { maxInvocations: 2, maxQueuedInvocations: 2 } });
    const { begun, letGo } = holdMethod(stage);
    const ann = await stage.client('ann');
    for (let n = 1; n <= 5; n++) ann.send(['call', n, 'wait', n]);
    expect(await ann.next()).toEqual(['err', 5, 'OVERLOADED', expect.any(String), LATER]);
    expect(begun).toEqual([1, 2]);
    letGo();
    expect(await ann.next()).toEqual(['ok', 1]);
    await settle();
    expect(begun).toEqual([1, 2, 3]);
    for (const n of [2, 3, 4]) {
      letGo();
      expect(await ann.next()).toEqual(['ok', n]);
      await settle();
    }
    ann.send(['call', 6, 'wait', 6]);
    await settle();
    expect(begun).toEqual([1, 2, 3, 4, 6]);
  });

  it('that wait are refused when they waited as long as they might have run', async () => {
    const stage = await setStage({ limits: { maxInvocations: 1, decisionTimeoutMs: 1 } });
    const { begun } = holdMethod(stage);
    const ann = await stage.client('ann');
    ann.send(['call', 1, 'wait', 1]);
    await settle();
    await stage.wait(SECOND);
    ann.send(['call', 2, 'wait', 2], ['call', 3, 'wait', 3]);
    await settle();
    await stage.wait(29 * SECOND);
    expect((await ann.next()).slice(0, 3)).toEqual(['err', 1, 'DEADLINE']);
    // Its place is the next one's, which then has all of its time; the third one has waited long enough.
    expect(begun).toEqual([1, 2]);
    await stage.wait(SECOND);
    expect((await ann.next()).slice(0, 3)).toEqual(['err', 3, 'OVERLOADED']);
    await stage.wait(28 * SECOND);
    expect(ann.waiting).toBe(0);
    await stage.wait(SECOND);
    expect((await ann.next()).slice(0, 3)).toEqual(['err', 2, 'DEADLINE']);
  });

  it('that wait can be taken back, and are never begun', async () => {
    const stage = await setStage({ limits: { maxInvocations: 1 } });
    const { begun, letGo } = holdMethod(stage);
    const [ann, ben] = [await stage.client('ann'), await stage.client('ben')];
    for (const each of [ann, ben]) each.send(['call', 1, 'wait', 1], ['call', 2, 'wait', 2]);
    await settle();
    ann.send(['cancel', 2]);
    ben.abort();
    expect((await ann.next()).slice(0, 3)).toEqual(['err', 2, 'CANCELLED']);
    letGo();
    letGo();
    expect(await ann.next()).toEqual(['ok', 1]);
    await settle();
    expect(begun).toEqual([1, 1]);
  });

  it('that were taken back keep their place until they end: starting and cancelling gets nobody more of them', async () => {
    const stage = await setStage({ limits: { maxInvocations: 1, maxQueuedInvocations: 0 } });
    const { begun, letGo } = holdMethod(stage);
    const ann = await stage.client('ann');
    ann.send(['call', 1, 'wait', 1], ['cancel', 1]);
    expect((await ann.next())[2]).toBe('CANCELLED');
    ann.send(['call', 2, 'wait', 2]);
    expect((await ann.next())[2]).toBe('OVERLOADED');
    letGo();
    await settle();
    ann.send(['call', 3, 'wait', 3]);
    await settle();
    expect(begun).toEqual([1, 3]);
  });
});

describe('all connections together', () => {
  it('run maxInvocationsTotal at once; more than maxQueuedInvocationsTotal are refused, and the log says so', async () => {
    const stage = await setStage({ limits: { maxInvocationsTotal: 2, maxQueuedInvocationsTotal: 1 } });
    const { begun, letGo } = holdMethod(stage);
    const [ann, ben] = [await stage.client('ann'), await stage.client('ben')];
    ann.send(['call', 1, 'wait', 'a1'], ['call', 2, 'wait', 'a2'], ['call', 3, 'wait', 'a3']);
    ben.send(['call', 1, 'wait', 'b1'], ['call', 2, 'wait', 'b2']);
    expect((await ben.next()).slice(0, 3)).toEqual(['err', 1, 'OVERLOADED']);
    expect((await ben.next()).slice(0, 3)).toEqual(['err', 2, 'OVERLOADED']);
    const line = { refused: 1, running: 2, queued: 1, decisionsRunning: 0, decisionsQueued: 0 };
    expect(stage.lines).toMatchObject([
      ['warn', expect.stringContaining('too much to do'), line],
      ['warn', expect.stringContaining('too much to do'), { ...line, refused: 2 }],
    ]);
    expect(begun).toEqual(['a1', 'a2']);
    letGo();
    await settle();
    expect(begun).toEqual(['a1', 'a2', 'a3']);
  });

  it('take turns: who asks for much waits for itself', async () => {
    const stage = await setStage({ limits: { maxInvocationsTotal: 1 } });
    const { begun, letGo } = holdMethod(stage);
    const [ann, ben, eve] = [await stage.client('ann'), await stage.client('ben'), await stage.client('eve')];
    for (let n = 1; n <= 4; n++) eve.send(['call', n, 'wait', `e${n}`]);
    ann.send(['call', 1, 'wait', 'a1']);
    ben.send(['call', 1, 'wait', 'b1'], ['call', 2, 'wait', 'b2']);
    for (let count = 0; count < 7; count++) {
      await settle();
      letGo();
    }
    expect(begun).toEqual(['e1', 'e2', 'a1', 'b1', 'e3', 'b2', 'e4']);
  });

  it('leave authorizers and handlers places of their own: a handler may wait for an authorizer', async () => {
    const { realtime, client } = await setStage({ limits: { maxInvocationsTotal: 1 } });
    realtime.authorize('private-*', async () => true);
    realtime.handle('*', 'said', async () => realtime.user('ann').reauthorize());
    const ann = await client('ann');
    ann.send(['sub', 1, 'private-x']);
    expect((await ann.next())[0]).toBe('sub');
    ann.send(['send', 2, 'news', 'said', 0]);
    expect(await ann.next()).toEqual(['ok', 2]);
  });
});

describe('who is too many elsewhere', () => {
  it('gets OVERLOADED for a message that would wait behind too many of its channel', async () => {
    const { realtime, client } = await setStage({ limits: { maxQueuedInvocations: 2 } });
    const held: (() => void)[] = [];
    const handled: unknown[] = [];
    realtime.handle('*', 'said', ({ data }) => {
      handled.push(data);
      return new Promise((resolve) => held.push(resolve));
    });
    const ann = await client('ann');
    for (let n = 1; n <= 4; n++) ann.send(['send', n, 'chat.1', 'said', n]);
    expect(await ann.next()).toEqual(['err', 4, 'OVERLOADED', expect.any(String), LATER]);
    for (const n of [1, 2, 3]) {
      await settle();
      held.shift()!();
      expect((await ann.next()).slice(0, 2)).toEqual(['ok', n]);
    }
    expect(handled).toEqual([1, 2, 3]);
  });

  it('gets OVERLOADED for a channel about which nobody could be asked', async () => {
    const { realtime, client } = await setStage({ limits: { maxInvocationsTotal: 1, maxQueuedInvocationsTotal: 0 } });
    realtime.authorize('private-*', () => new Promise(() => undefined));
    const ann = await client('ann');
    ann.send(['sub', 1, 'private-x'], ['sub', 2, 'private-y']);
    expect((await ann.next()).slice(0, 3)).toEqual(['err', 2, 'OVERLOADED']);
  });

  it('is closed with 4006 where nobody could be asked who it is', async () => {
    const { wire } = await setStage({
      authenticate: () => new Promise(() => undefined),
      limits: { maxInvocationsTotal: 1, maxQueuedInvocationsTotal: 0 },
    });
    const [first, second] = [wire.connect(), wire.connect()];
    first.send(['connect', 1, first.instance, 'ann']);
    second.send(['connect', 1, second.instance, 'ben']);
    expect((await second.next()).slice(0, 3)).toEqual(['err', 0, 'OVERLOADED']);
    expect(await second.closed()).toEqual({ code: 4006, reason: 'OVERLOADED' });
  });
});

it('a flood of calls harms nobody else', async () => {
  const stage = await setStage();
  const { letGo } = holdMethod(stage);
  stage.realtime.method('quick', () => 'quick');
  const [eve, ann] = [await stage.client('eve'), await stage.client('ann')];
  for (let n = 1; n <= 1_000; n++) eve.send(['call', n, 'wait', n]);
  ann.send(['call', 1, 'quick', null]);
  expect(await ann.next()).toEqual(['ok', 1, 'quick']);
  const refused: unknown[] = [];
  await settle();
  while (eve.waiting > 0) refused.push((await eve.next())[2]);
  expect(refused).toEqual(Array.from({ length: 700 }, () => 'OVERLOADED'));
  for (let n = 0; n < 300; n++) {
    letGo();
    await eve.next();
    await settle();
  }
  expect(eve.waiting).toBe(0);
});
