import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openClient } from './open-client.ts';
import type { Peer } from './scripted-server.ts';

/** No heartbeat while the clock is moved by hand. */
const QUIET = 1e9;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => vi.useRealTimers());

/** Whether the client sent `auth` by now. */
async function authenticated(peer: Peer): Promise<boolean> {
  peer.send(['ping']);
  return (await peer.frames.find((frame) => frame[0] === 'auth' || frame[0] === 'pong'))[0] === 'auth';
}

it.each([
  [200_000, 100_000],
  [20_000, 10_000],
  [1_000, 500],
])('renews a token of %d ms after %d ms', async (expiresInMs, afterMs) => {
  let count = 0;
  const { peer } = await openClient({ token: () => `token ${++count}` }, { expiresInMs, beatMs: QUIET });
  await vi.advanceTimersByTimeAsync(afterMs - 1);
  expect(await authenticated(peer)).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await peer.frame('auth')).toEqual(['auth', 'token 2']);
});

it('renews again when the answer tells the next end, and not when there is none', async () => {
  let count = 0;
  const { client, peer } = await openClient(
    { token: () => `token ${++count}` },
    { expiresInMs: 10_000, beatMs: QUIET },
  );
  for (const expiresInMs of [10_000, null]) {
    await vi.advanceTimersByTimeAsync(5_000);
    await peer.frame('auth');
    const heard = new Promise((resolve) => client.direct.once('after', resolve));
    peer.send(['auth', expiresInMs], ['direct', 'after', null]);
    await heard;
  }
  await vi.advanceTimersByTimeAsync(10_000);
  expect([await authenticated(peer), count]).toEqual([false, 3]);
});

it('can not renew a token that is a text', async () => {
  const { peer } = await openClient({ token: 'text' }, { expiresInMs: 10_000, beatMs: QUIET });
  await vi.advanceTimersByTimeAsync(9_999);
  expect(await authenticated(peer)).toBe(false);
});

it('reports a token function that fails, and asks it again while there is time', async () => {
  const tokens = ['first', undefined, undefined, 'fourth'];
  const token = (): string => {
    const next = tokens.shift();
    if (next === undefined) throw new Error('no network');
    return next;
  };
  const { peer, errors } = await openClient({ token }, { expiresInMs: 8_000, beatMs: QUIET });
  await vi.advanceTimersByTimeAsync(4_000);
  await vi.advanceTimersByTimeAsync(2_000);
  expect([await errors.next(), await errors.next()]).toMatchObject([
    { code: 'UNAUTHENTICATED' },
    { code: 'UNAUTHENTICATED' },
  ]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await peer.frame('auth')).toEqual(['auth', 'fourth']);
});

it('stops asking when the time is over', async () => {
  let count = 0;
  const token = (): string => {
    if (++count > 1) throw new Error('no network');
    return 'first';
  };
  await openClient({ token }, { expiresInMs: 8_000, beatMs: QUIET });
  await vi.advanceTimersByTimeAsync(8_000);
  const asked = count;
  await vi.advanceTimersByTimeAsync(8_000);
  expect([asked > 2, count]).toEqual([true, asked]);
});

it('renews nothing once the client is closed', async () => {
  let count = 0;
  const { client } = await openClient({ token: () => `token ${++count}` }, { expiresInMs: 10_000, beatMs: QUIET });
  client.close();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(count).toBe(1);
});

it('does not send a token that came after another one was set', async () => {
  const slow = Promise.withResolvers<string>();
  const tokens: (string | Promise<string>)[] = ['first', slow.promise];
  const { client, peer } = await openClient(
    { token: () => tokens.shift() ?? '' },
    { expiresInMs: 10_000, beatMs: QUIET },
  );
  await vi.advanceTimersByTimeAsync(5_000);
  client.setToken('set');
  expect(await peer.frame('auth')).toEqual(['auth', 'set']);
  slow.resolve('late');
  await slow.promise;
  expect(await authenticated(peer)).toBe(false);
});
