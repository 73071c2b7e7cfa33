import { PROTOCOL_VERSION, RealtimeError } from '@rt/protocol';
import { RealtimeClient } from '@rt/client';
import { expect, it, vi } from 'vitest';
import { WebSocket as WsWebSocket } from 'ws';
import { newClient, openClient, randomName } from './open-client.ts';

it('connects below the base path with the sub-protocol and a connect frame', async () => {
  const { client, server } = await newClient({ token: 'secret' });
  const channel = randomName();
  client.subscribe(channel);
  const peer = await server.peers.next();
  expect([peer.path, peer.subProtocol]).toEqual(['/realtime/ws', 'rt.v1']);
  const instance: unknown = expect.stringMatching(/^[A-Za-z0-9_-]{22,64}$/);
  expect(await peer.frames.next()).toEqual(['connect', PROTOCOL_VERSION, instance, 'secret', [[channel, null]], {}]);
});

it('goes from idle through connecting to open', async () => {
  const { client, server, states } = await newClient();
  expect([client.state, client.connectionId, client.userId]).toEqual(['idle', undefined, undefined]);
  const opened = client.connect();
  expect(client.state).toBe('connecting');
  await (await server.peers.next()).accept({ user: 'ada' });
  await opened;
  expect([client.state, client.connectionId, client.userId]).toEqual(['open', expect.stringContaining('node.'), 'ada']);
  expect([await states.next(), await states.next()]).toEqual([{ state: 'connecting' }, { state: 'open' }]);
});

it('connects once however often it is asked', async () => {
  const { client, server } = await newClient();
  const opened = Promise.all([client.connect(), client.connect()]);
  await (await server.peers.next()).accept();
  await opened;
  await client.connect();
  expect(server.peers.size).toBe(0);
});

it('waits and comes back with the same instance when the connection goes', async () => {
  const { client, server, states } = await newClient();
  const opened = client.connect();
  const first = await server.peers.next();
  const before = await first.accept();
  await opened;
  first.close();
  const waiting = await states.find((change) => change.state === 'waiting');
  expect(waiting.error).toBeUndefined();
  expect(waiting.retryInMs).toBeLessThanOrEqual(1);
  const after = await (await server.peers.next()).accept();
  await states.find((change) => change.state === 'open');
  expect(after[2]).toBe(before[2]);
});

it('doubles the wait with every attempt that fails', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.999);
  try {
    const { client, server, states } = await newClient({ backoff: { baseMs: 4, maxMs: 10 } });
    client.subscribe('news');
    const waits: unknown[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      (await server.peers.next()).close();
      waits.push((await states.find((change) => change.state === 'waiting')).retryInMs);
    }
    expect(waits.map((wait) => Math.round(Number(wait)))).toEqual([4, 8, 10]);
  } finally {
    vi.restoreAllMocks();
  }
});

it('keeps connect() pending through failed attempts', async () => {
  const { client, server } = await newClient();
  const opened = client.connect();
  (await server.peers.next()).close();
  await (await server.peers.next()).accept();
  await opened;
  expect(client.state).toBe('open');
});

it('connects at once when connect() is called while it waits', async () => {
  const { client, server, peer, states } = await openClient({ backoff: { baseMs: 2 ** 31 - 1, maxMs: 2 ** 31 - 1 } });
  peer.close();
  await states.find((change) => change.state === 'waiting');
  const opened = client.connect();
  await (await server.peers.next()).accept();
  await opened;
});

it('gives up an attempt that takes too long', async () => {
  const { client, server, states } = await newClient({ connectTimeoutMs: 500 });
  client.subscribe('news');
  const peer = await server.peers.next();
  const waiting = await states.find((change) => change.state === 'waiting');
  expect(waiting.error?.code).toBe('CONNECT_TIMEOUT');
  expect(await peer.closed).toBe(4001);
});

it('ends with code 1000 and stays closed', async () => {
  const { client, peer, server } = await openClient();
  client.close();
  expect([client.state, client.connectionId]).toEqual(['closed', undefined]);
  expect(await peer.closed).toBe(1000);
  expect(server.peers.size).toBe(0);
});

it('sends what was asked for before close()', async () => {
  const { client, peer } = await openClient();
  void client.send('news', 'last', null, { volatile: true });
  client.close();
  expect(await peer.frame('send')).toEqual(['send', 0, 'news', 'last', null]);
});

it('rejects connect() with CLOSED when the client is closed before', async () => {
  const { client } = await newClient();
  const opened = client.connect();
  client.close();
  await expect(opened).rejects.toMatchObject({ code: 'CLOSED' });
});

it('may be closed by a listener of any state', async () => {
  const { client, server, states } = await newClient();
  client.on('state', ({ state }) => {
    if (state === 'waiting') client.close();
  });
  client.subscribe('news');
  (await server.peers.next()).close();
  await states.find((change) => change.state === 'closed');
  expect([client.state, server.peers.size]).toEqual(['closed', 0]);
});

it('ends with the error that the server sent before a close code that forbids to reconnect', async () => {
  const { client, server, states, errors } = await newClient({ token: 'old' });
  const opened = client.connect();
  const peer = await server.peers.next();
  await peer.frame('connect');
  peer.send(['err', 0, 'UNAUTHENTICATED', 'expired']);
  peer.close(4501);
  await expect(opened).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: 'expired' });
  const closed = await states.find((change) => change.state === 'closed');
  expect(closed.error).toBe(await errors.next());
  expect(errors.size).toBe(0);
});

it('makes the error of the close code where the server sent none', async () => {
  const { peer, states, errors } = await openClient();
  peer.close(4502);
  const closed = await states.find((change) => change.state === 'closed');
  expect(closed.error?.code).toBe('DISCONNECTED');
  expect(await errors.next()).toBe(closed.error);
});

it('does not explain a close code by an error that came long before it', async () => {
  const { peer, states, errors } = await openClient();
  peer.send(['err', 0, 'UNSUPPORTED', 'something else']);
  peer.send(['ping']);
  peer.send(['pong']);
  await errors.next();
  peer.close(4502);
  expect((await states.find((change) => change.state === 'closed')).error?.code).toBe('DISCONNECTED');
});

it('connects again by connect() after the server ended it', async () => {
  const { client, server, peer, states } = await openClient();
  peer.close(4501);
  await states.find((change) => change.state === 'closed');
  client.setToken('new');
  const opened = client.connect();
  const connect = await (await server.peers.next()).accept();
  await opened;
  expect(connect[3]).toBe('new');
});

it('reports a message that was too large for the server to read, and comes back', async () => {
  const { server, peer, states, errors } = await openClient();
  peer.close(1009);
  const waiting = await states.find((change) => change.state === 'waiting');
  expect(waiting.error?.code).toBe('TOO_LARGE');
  expect(await errors.next()).toBe(waiting.error);
  await (await server.peers.next()).accept();
});

it('comes back with jitter after 4200', async () => {
  const { server, peer, states, errors } = await openClient();
  peer.send(['err', 0, 'CLOSING', 'bye']);
  peer.close(4200);
  const waiting = await states.find((change) => change.state === 'waiting');
  expect(waiting.error).toBe(await errors.next());
  expect(waiting.error?.code).toBe('CLOSING');
  await (await server.peers.next()).accept();
});

it('moves within the time of a drain, without backoff', async () => {
  const { server, peer, states } = await openClient();
  peer.send(['drain', 5]);
  expect(await peer.closed).toBe(4200);
  await (await server.peers.next()).accept();
  const changes = [await states.next(), await states.next(), await states.next(), await states.next()];
  expect(changes.map((change) => change.state)).toEqual(['connecting', 'open', 'connecting', 'open']);
});

it.each(['not json', '5', '["ready"]'])('reports %s as BAD_FRAME and reconnects', async (text) => {
  const { client, server, states, errors } = await newClient();
  client.subscribe('news');
  const peer = await server.peers.next();
  peer.sendText(text);
  expect(await errors.next()).toMatchObject({ code: 'BAD_FRAME' });
  expect((await states.find((change) => change.state === 'waiting')).error?.code).toBe('BAD_FRAME');
  expect(await peer.closed).toBe(4500);
  await (await server.peers.next()).accept();
});

it('ignores unknown frame types and trailing fields', async () => {
  const { client, peer } = await openClient();
  const heard = new Promise((resolve) => client.direct.once('hello', resolve));
  peer.sendText('["from-the-future",1,2]\n["direct","hello",7,"trailing"]');
  expect(await heard).toBe(7);
});

it('delivers nothing more of a message once a listener has closed the client', async () => {
  const { client, peer } = await openClient();
  const heard: unknown[] = [];
  client.direct.on('hello', (data) => {
    heard.push(data);
    client.close();
  });
  peer.send(['direct', 'hello', 1], ['direct', 'hello', 2]);
  await peer.closed;
  expect(heard).toEqual([1]);
});

it('reports errors that answer no request', async () => {
  const { peer, errors } = await openClient();
  peer.send(['err', 0, 'RATE_LIMITED', 'slower', { retryAfterMs: 5 }]);
  expect(await errors.next()).toMatchObject({ code: 'RATE_LIMITED', retryable: true, detail: { retryAfterMs: 5 } });
});

it('says so where there is no WebSocket', async () => {
  vi.stubGlobal('WebSocket', undefined);
  try {
    const { client, errors } = await newClient();
    await expect(client.connect()).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect([client.state, (await errors.next()).code]).toEqual(['closed', 'BAD_OPTION']);
  } finally {
    vi.unstubAllGlobals();
  }
});

it('uses the WebSocket it is given', async () => {
  vi.stubGlobal('WebSocket', undefined);
  try {
    const { client } = await openClient({ webSocket: WsWebSocket });
    expect(client.state).toBe('open');
  } finally {
    vi.unstubAllGlobals();
  }
});

it('says so when the address is none', async () => {
  const client = new RealtimeClient('ftp://example.com');
  const reported = new Promise<RealtimeError>((resolve) => client.on('error', resolve));
  await expect(client.connect()).rejects.toMatchObject({ code: 'BAD_OPTION' });
  expect(await reported).toBeInstanceOf(RealtimeError);
});
