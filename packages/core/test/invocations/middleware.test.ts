import { context, RealtimeError } from '@rt/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { setStage } from './stage.ts';

describe('realtime.use()', () => {
  it('runs around authorizers, handlers and methods, the first outermost, in their context', async () => {
    const { realtime, client } = await setStage();
    const steps: string[] = [];
    for (const name of ['outer', 'inner']) {
      realtime.use(async (invocation, next) => {
        expect(context()).toBe(invocation);
        steps.push(`${name} before ${invocation.kind} ${invocation.name}`);
        const answer = await next();
        steps.push(`${name} after`);
        return answer;
      });
    }
    realtime.authorize('private-*', () => steps.push('authorizer') > 0);
    realtime.handle('*', 'said', () => void steps.push('handler'));
    realtime.method('find', () => void steps.push('method'));
    const ann = await client('ann');
    const around = (what: string, kind: string): string[] => [
      `outer before ${what}`,
      `inner before ${what}`,
      kind,
      'inner after',
      'outer after',
    ];
    ann.send(['sub', 1, 'private-x']);
    expect((await ann.next())[0]).toBe('sub');
    expect(steps.splice(0)).toEqual(around('authorizer subscribe', 'authorizer'));
    ann.send(['send', 2, 'news', 'said', 0]);
    expect(await ann.next()).toEqual(['ok', 2]);
    expect(steps.splice(0)).toEqual(around('handler said', 'handler'));
    ann.send(['call', 3, 'find', 0]);
    expect(await ann.next()).toEqual(['ok', 3]);
    expect(steps).toEqual(around('method find', 'method'));
  });

  it('may refuse, with a code or without one, and what is inside is not run', async () => {
    const { realtime, client, lines } = await setStage();
    const run: string[] = [];
    realtime.use(({ input }) => {
      throw input === 'code' ? new RealtimeError('FORBIDDEN', 'not today') : new Error('secret');
    });
    realtime.authorize('private-*', () => run.push('authorizer') > 0);
    realtime.handle('*', 'said', () => void run.push('handler'));
    realtime.method('find', () => void run.push('method'));
    const ann = await client('ann');
    ann.send(
      ['call', 1, 'find', 'code'],
      ['call', 2, 'find', 'x'],
      ['send', 3, 'news', 'said', 'code'],
      ['sub', 4, 'private-x'],
    );
    const answers = [await ann.next(), await ann.next(), await ann.next(), await ann.next()];
    expect(answers.sort((a, b) => Number(a[1]) - Number(b[1])).map((answer) => answer.slice(1, 4))).toEqual([
      [1, 'FORBIDDEN', 'not today'],
      [2, 'HANDLER_FAILED', 'the method failed'],
      [3, 'FORBIDDEN', 'not today'],
      [4, 'FORBIDDEN', 'you may not do this with this channel'],
    ]);
    expect(run).toEqual([]);
    expect(lines.map(([, message]) => message).sort()).toEqual(['a method failed', 'an authorizer failed']);
  });

  it('may answer something else, or see what was thrown', async () => {
    const { realtime, client } = await setStage();
    const seen: unknown[] = [];
    realtime.use(async ({ kind }, next) => {
      try {
        const answer = await next();
        return kind === 'method' ? { answer } : answer;
      } catch (error) {
        seen.push(String(error));
        throw error;
      }
    });
    realtime.method('find', ({ input }) => {
      if (input === 'bad') throw new Error('bad input');
      return input;
    });
    const ann = await client('ann');
    ann.send(['call', 1, 'find', 7]);
    expect(await ann.next()).toEqual(['ok', 1, { answer: 7 }]);
    ann.send(['call', 2, 'find', 'bad']);
    expect((await ann.next())[2]).toBe('HANDLER_FAILED');
    expect(seen).toEqual(['Error: bad input']);
  });

  it('that forgets what was answered inside lets nobody in', async () => {
    const { realtime, client } = await setStage();
    realtime.use(async (_, next) => void (await next()));
    realtime.authorize('private-*', () => true);
    const ann = await client('ann');
    ann.send(['sub', 1, 'private-x']);
    expect((await ann.next())[2]).toBe('FORBIDDEN');
  });

  it('that goes on twice is told, and what is inside runs once', async () => {
    const { realtime, client, lines } = await setStage();
    let runs = 0;
    realtime.use(async (_, next) => [await next(), await next()]);
    realtime.method('find', () => ++runs);
    const ann = await client('ann');
    ann.send(['call', 1, 'find', 7]);
    expect((await ann.next())[2]).toBe('HANDLER_FAILED');
    expect([runs, lines.length]).toEqual([1, 1]);
  });

  it('does not end the process where it does not wait for what is inside, and that fails', async () => {
    const { realtime, client } = await setStage();
    realtime.use((_, next) => {
      void next();
      return 'early';
    });
    realtime.method('find', () => {
      throw new RealtimeError('INVALID_DATA', 'no');
    });
    const unheard: unknown[] = [];
    const note = (reason: unknown): void => void unheard.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const ann = await client('ann');
    ann.send(['call', 1, 'find', 7]);
    expect(await ann.next()).toEqual(['ok', 1, 'early']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(unheard).toEqual([]);
  });

  it('is within the time that they have', async () => {
    const { realtime, client, wait } = await setStage();
    realtime.use(() => new Promise(() => undefined));
    realtime.method('find', () => 7);
    const ann = await client('ann');
    ann.send(['call', 1, 'find', 7]);
    await wait(0);
    await wait(30_000);
    expect((await ann.next())[2]).toBe('DEADLINE');
  });
});
