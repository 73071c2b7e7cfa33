import { afterEach, expect, it, vi } from 'vitest';
import { openClient } from './open-client.ts';

afterEach(() => vi.useRealTimers());

it('answers pings', async () => {
  const { peer } = await openClient();
  peer.send(['ping']);
  expect(await peer.frame('pong')).toEqual(['pong']);
});

it('asks a silent server for a sign of life, drops the connection without one, and waits before it comes back', async () => {
  const { peer, states, server } = await openClient({ heartbeat: { graceMs: 30, probeMs: 20 } }, { beatMs: 20 });
  await states.find((change) => change.state === 'open');
  const change = await states.next();
  expect([change.state, change.error?.code]).toEqual(['waiting', 'HEARTBEAT_MISSED']);
  expect(await peer.frame('ping')).toEqual(['ping']);
  expect(await peer.closed).toBe(4000);
  await (await server.peers.next()).accept();
});

it('takes 3 of the 8 seconds after a missed beat to ask', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const { client, peer } = await openClient({ backoff: { baseMs: 60_000 } }, { beatMs: 20_000 });
  await vi.advanceTimersByTimeAsync(24_900);
  peer.send(['direct', 'hello', null]);
  // Heard at this moment, and the last that is.
  await new Promise((resolve) => client.direct.once('hello', resolve));
  await vi.advanceTimersByTimeAsync(24_900);
  expect(peer.frames.size).toBe(0);
  await vi.advanceTimersByTimeAsync(200);
  expect(await peer.frame('ping')).toEqual(['ping']);
  await vi.advanceTimersByTimeAsync(2_800);
  expect(client.state).toBe('open');
  await vi.advanceTimersByTimeAsync(200);
  expect(client.state).toBe('waiting');
});

it('keeps a connection on which something arrives in time', async () => {
  const { client, peer } = await openClient({ heartbeat: { graceMs: 300 } }, { beatMs: 0 });
  const end = Date.now() + 900;
  while (Date.now() < end) {
    peer.send(['ping']);
    await peer.frame('pong');
  }
  expect(client.state).toBe('open');
});

it.each([3_600_000, -3_600_000])('asks for a sign of life when the clock has jumped by %d ms', async (jumpMs) => {
  const { client, peer } = await openClient({ heartbeat: { graceMs: 3_100 } }, { beatMs: 100 });
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + jumpMs);
  try {
    expect(await peer.frame('ping')).toEqual(['ping']);
    peer.send(['direct', 'hello', null]);
    await new Promise((resolve) => client.direct.once('hello', resolve));
    expect(client.state).toBe('open');
  } finally {
    vi.restoreAllMocks();
  }
});
