import { context } from '@rt/core';
import type { Invocation } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { settle } from '../presence/room.ts';
import { setStage } from './stage.ts';

/** What somebody deep below sees, who was handed nothing. */
async function seenFromBelow(): Promise<Invocation | undefined> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return context();
}

describe('context()', () => {
  it('is that of the handler, whatever was awaited before', async () => {
    const { realtime, client } = await setStage();
    let seen: Invocation | undefined;
    realtime.handle('chat.{room}', 'said', async () => void (seen = await seenFromBelow()));
    const ann = await client('ann');
    ann.send(['send', 1, 'chat.1', 'said', { text: 'hi' }]);
    expect(await ann.next()).toEqual(['ok', 1]);
    expect(seen).toMatchObject({ kind: 'handler', name: 'said', channel: 'chat.1', input: { text: 'hi' } });
    expect(seen).toMatchObject({ user: { id: 'ann' }, connection: { id: ann.id } });
    expect(seen?.requestId).toMatch(/^.{8}:\w+$/);
  });

  it('is that of the method', async () => {
    const { realtime, client } = await setStage();
    let seen: Invocation | undefined;
    realtime.method('find', async () => void (seen = await seenFromBelow()));
    const anonymous = await client();
    anonymous.send(['call', 1, 'find', 7]);
    expect(await anonymous.next()).toEqual(['ok', 1]);
    expect(seen).toMatchObject({ kind: 'method', name: 'find', input: 7, connection: { id: anonymous.id } });
    expect([seen?.user, seen?.channel]).toEqual([undefined, undefined]);
  });

  it('is that of the authorizer, and of authenticate', async () => {
    const seen: (Invocation | undefined)[] = [];
    const { realtime, client } = await setStage({
      authenticate: async ({ token }) => {
        seen.push(await seenFromBelow());
        return token === undefined ? undefined : { id: token };
      },
    });
    realtime.authorize('private-*', async () => {
      seen.push(await seenFromBelow());
      return true;
    });
    const ann = await client('ann');
    ann.send(['sub', 1, 'private-x']);
    expect((await ann.next())[0]).toBe('sub');
    expect(seen).toMatchObject([
      { kind: 'authenticate', name: 'authenticate', user: undefined, connection: { id: ann.id } },
      { kind: 'authorizer', name: 'subscribe', channel: 'private-x', user: { id: 'ann' }, connection: { id: ann.id } },
    ]);
    expect(seen[0]?.requestId).not.toBe(seen[1]?.requestId);
  });

  it('writes lines that say whom they are about', async () => {
    const { realtime, client, lines } = await setStage();
    realtime.handle('*', 'said', () => {
      context()?.logger.warn('looks odd', { why: 'x' });
      context()?.logger.error('is odd');
    });
    const ann = await client('ann');
    ann.send(['send', 1, 'chat.1', 'said', 0]);
    await ann.next();
    const about = { request: expect.any(String), connection: ann.id, user: 'ann', channel: 'chat.1' };
    expect(lines).toEqual([
      ['warn', 'looks odd', { ...about, why: 'x' }],
      ['error', 'is odd', about],
    ]);
  });

  it('is none outside, and none for listeners of what a handler does', async () => {
    const { realtime, client } = await setStage();
    const seen: unknown[] = [];
    realtime.on('subscribed', () => seen.push(context()));
    realtime.handle('*', 'said', ({ connection }) => connection.subscribe('news'));
    const ann = await client('ann');
    seen.length = 0;
    ann.send(['send', 1, 'chat.1', 'said', 0]);
    await settle();
    expect(seen).toEqual([undefined]);
    expect(context()).toBeUndefined();
  });

  it('is their own for those who hear that they are aborted by what another handler does', async () => {
    const { realtime, client } = await setStage();
    const seen: (Invocation | undefined)[] = [];
    realtime.method('wait', async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      seen.push(context());
    });
    realtime.method('listen', ({ signal }) => {
      signal.addEventListener('abort', () => seen.push(context()));
      return new Promise(() => undefined);
    });
    realtime.method('end', async ({ input }) => void (await realtime.disconnect({ connection: String(input) })));
    const [ann, ben] = [await client('ann'), await client('ben')];
    ann.send(['call', 1, 'wait', 0], ['call', 2, 'listen', 0]);
    await settle();
    ben.send(['call', 1, 'end', ann.id]);
    expect(await ben.next()).toEqual(['ok', 1]);
    expect(new Set(seen.map((each) => each?.name))).toEqual(new Set(['listen', 'wait']));
    expect(seen.map((each) => each?.user?.id)).toEqual(['ann', 'ann']);
  });
});
