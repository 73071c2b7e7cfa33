import { expect, it, vi } from 'vitest';
import { openClient } from './open-client.ts';

it('answers pings', async () => {
  const { peer } = await openClient();
  peer.send(['ping']);
  expect(await peer.frame('pong')).toEqual(['pong']);
});

it('drops a connection on which nothing arrives, and waits before it comes back', async () => {
  const { peer, states, server } = await openClient({ heartbeat: { graceMs: 20 } }, { beatMs: 20 });
  await states.find((change) => change.state === 'open');
  const change = await states.next();
  expect([change.state, change.error?.code]).toEqual(['waiting', 'HEARTBEAT_MISSED']);
  expect(await peer.closed).toBe(4000);
  await (await server.peers.next()).accept();
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

it('asks for a sign of life when the clock has jumped', async () => {
  const { client, peer } = await openClient({ heartbeat: { graceMs: 100 } }, { beatMs: 100 });
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
  try {
    expect(await peer.frame('ping')).toEqual(['ping']);
    peer.send(['direct', 'hello', null]);
    await new Promise((resolve) => client.direct.once('hello', resolve));
    expect(client.state).toBe('open');
  } finally {
    vi.restoreAllMocks();
  }
});
