import { RealtimeClient } from '@rt/client';
import type { ClientOptions } from '@rt/client';
import { expect, it } from 'vitest';
import { Inbox } from './inbox.ts';
import { accept, newHttpClient } from './open-http-client.ts';
import type { HttpScene } from './open-http-client.ts';
import { randomName } from './open-client.ts';
import { ready } from './scripted-http-server.ts';

const NEVER_BACK = { backoff: { baseMs: 2 ** 31 - 1, maxMs: 2 ** 31 - 1 } };

/** A client that is open over SSE, because no WebSocket gets through. */
async function onSse(options: ClientOptions = {}): Promise<HttpScene & { readonly channel: string }> {
  const scene = await newHttpClient(options);
  const channel = randomName();
  const { subscribed } = scene.client.subscribe(channel);
  const stream = await accept(scene.server, 'sse');
  stream.event(['sub', 0, channel, 'e:1', false]);
  await subscribed;
  return { ...scene, channel };
}

it('goes on to SSE at once where WebSockets are refused', async () => {
  const { client, server, states } = await newHttpClient(NEVER_BACK);
  const opened = client.connect();
  await accept(server, 'sse');
  await opened;
  expect([client.transport, server.seen]).toEqual(['sse', ['upgrade', 'POST /sse']]);
  const changes = [await states.next(), await states.next(), await states.next()];
  expect(changes).toEqual([{ state: 'connecting' }, { state: 'connecting' }, { state: 'open' }]);
});

it('gives each transport a part of the time, where it gets no answer', async () => {
  const { client, server } = await newHttpClient({ connectTimeoutMs: 4_500, ...NEVER_BACK });
  server.upgrades = 'swallow';
  const opened = client.connect();
  const stream = await server.next('POST /sse');
  // A proxy that holds everything back until the end.
  await stream.aborted;
  await accept(server, 'longpolling');
  await opened;
  expect(client.transport).toBe('longpolling');
});

it('gives a transport all of the time once every one has failed', async () => {
  const { client, server } = await newHttpClient({ connectTimeoutMs: 3_000, transports: ['websocket', 'sse'] });
  client.subscribe('news');
  (await server.next('POST /sse')).cut();
  server.upgrades = 'swallow';
  const startedAt = performance.now();
  await accept(server, 'sse');
  expect(performance.now() - startedAt).toBeGreaterThan(2_500);
});

it.each([
  ['refuses by a close code', 4200, []],
  ['says why and closes', 4004, [['err', 0, 'TOO_MANY_CONNECTIONS', 'too many'] as const]],
] as const)('stays with a WebSocket on which the server %s', async (_, code, words) => {
  const { client, server, states } = await newHttpClient();
  server.upgrades = 'accept';
  client.subscribe('news');
  const peer = await server.peers.next();
  await peer.frame('connect');
  peer.send(...words, ['ping']);
  peer.close(code);
  await states.find((change) => change.state === 'waiting');
  await (await server.peers.next()).frame('connect');
  expect(server.seen).toEqual(['upgrade', 'upgrade']);
});

it('stays with a transport on which the server said why not', async () => {
  const { client, server, states } = await newHttpClient({ transports: ['sse', 'longpolling'] });
  client.subscribe('news');
  const refusal = { error: { code: 'CLOSING', message: 'another node', retryable: true } };
  (await server.next('POST /sse')).answerText(503, JSON.stringify(refusal));
  expect((await states.find((change) => change.state === 'waiting')).error?.code).toBe('CLOSING');
  await server.next('POST /sse');
  expect(server.seen).toEqual(['POST /sse', 'POST /sse']);
});

it('goes on where a server does not have a transport', async () => {
  const { client, server } = await newHttpClient();
  client.subscribe('news');
  const refusal = { error: { code: 'NOT_FOUND', message: 'nothing here', retryable: false } };
  (await server.next('POST /sse')).answerText(404, JSON.stringify(refusal));
  await server.next('POST /poll');
});

it('waits after the last transport, and then begins with the first again', async () => {
  const { client, server, states } = await newHttpClient();
  client.subscribe('news');
  (await server.next('POST /sse')).cut();
  (await server.next('POST /poll')).cut();
  await states.find((change) => change.state === 'waiting');
  await server.next('POST /sse');
  expect(server.seen).toEqual(['upgrade', 'POST /sse', 'POST /poll', 'upgrade', 'POST /sse']);
});

it('remembers what worked', async () => {
  const { server, states } = await onSse();
  await states.find((change) => change.state === 'open');
  server.cut();
  await states.find((change) => change.state === 'waiting');
  await accept(server, 'sse');
  await states.find((change) => change.state === 'open');
  expect(server.seen).toEqual(['upgrade', 'POST /sse', 'POST /sse']);
});

it('forgets what worked once nothing gets through', async () => {
  const { server, states } = await onSse();
  await states.find((change) => change.state === 'open');
  server.cut();
  (await server.next('POST /sse')).cut();
  (await server.next('POST /poll')).cut();
  await server.next('POST /sse');
  expect(server.seen.slice(2)).toEqual(['POST /sse', 'POST /poll', 'upgrade', 'POST /sse']);
});

it('begins with the best again when it comes back after some time', async () => {
  const { client, server, states } = await onSse({ upgradeAfterMs: 0 });
  await states.find((change) => change.state === 'open');
  server.cut();
  await accept(server, 'sse');
  await states.find((change) => change.state === 'open');
  expect([client.transport, server.seen.slice(2)]).toEqual(['sse', expect.arrayContaining(['upgrade', 'POST /sse'])]);
});

it('moves to a WebSocket once one opens, with the places it has by then', async () => {
  const { client, server, channel } = await onSse({ upgradeAfterMs: 160 });
  server.upgrades = 'accept';
  const peer = await server.peers.next();
  const connect = await peer.frame('connect');
  expect(connect[4]).toEqual([[channel, 'e:1']]);
  const opened = client.connect();
  peer.send(ready());
  await opened;
  expect(client.transport).toBe('websocket');
  expect(server.seen.filter((each) => each === 'POST /sse')).toHaveLength(1);
  expect(server.seen).not.toContain('DELETE /send');
});

it('leaves the old link only when the WebSocket has opened', async () => {
  const { client, server, states } = await newHttpClient({ upgradeAfterMs: 16, connectTimeoutMs: 3_000 });
  const opened = client.connect();
  const stream = await accept(server, 'sse');
  await opened;
  server.upgrades = 'swallow';
  const heard: unknown[] = [];
  // While several of them are tried and given up.
  const upgrades = (): number => server.seen.filter((each) => each === 'upgrade').length;
  while (upgrades() < 3) {
    const next = new Promise((resolve) => client.direct.once('hello', resolve));
    stream.event(['direct', 'hello', heard.length]);
    heard.push(await next);
  }
  expect(heard).toEqual(Array.from({ length: heard.length }, (_, n) => n));
  await states.find((change) => change.state === 'open');
  expect([client.transport, states.size]).toEqual(['sse', 0]);
});

it('tries no WebSocket any more once it is closed', async () => {
  const { client, server } = await newHttpClient({ upgradeAfterMs: 1 });
  const opened = client.connect();
  await accept(server, 'sse');
  await opened;
  client.close();
  (await server.next('DELETE /send')).answer(204);
  const upgrades = (): number => server.seen.filter((each) => each === 'upgrade').length;
  const before = upgrades();
  // Each way there and back takes longer than the wait for the next one would be.
  for (let n = 0; n < 20; n++) {
    const asked = fetch(`${server.url}/realtime/live`);
    (await server.next('GET /live')).answer(204);
    await asked;
  }
  // One may have been on its way.
  expect(upgrades() - before).toBeLessThanOrEqual(1);
});

it('closes the WebSocket that it was about to move to', async () => {
  const asked = new Inbox<string>();
  let token = (): Promise<string> => Promise.resolve('first');
  const { client, server } = await newHttpClient({
    upgradeAfterMs: 160,
    connectTimeoutMs: 3_000,
    token: () => {
      asked.push('a token');
      return token();
    },
  });
  const opened = client.connect();
  await accept(server, 'sse');
  await opened;
  while (asked.size > 0) await asked.next();
  // It does not come before the client is closed.
  token = () => new Promise(() => {});
  server.upgrades = 'accept';
  const peer = await server.peers.next();
  await asked.next();
  client.close();
  await peer.closed;
  expect(peer.frames.size).toBe(0);
});

it('uses no other transport than those it is given', async () => {
  const { client, server, states } = await newHttpClient({ transports: ['longpolling'] });
  client.subscribe('news');
  (await server.next('POST /poll')).cut();
  await states.find((change) => change.state === 'waiting');
  await server.next('POST /poll');
  expect(server.seen).toEqual(['POST /poll', 'POST /poll']);
});

it.each([[[]], [['carrier-pigeon']]])('says so where the transports are %j', async (transports) => {
  const client = new RealtimeClient('http://127.0.0.1', { transports: transports as never });
  const reported = new Promise((resolve) => client.on('error', resolve));
  await expect(client.connect()).rejects.toMatchObject({ code: 'BAD_OPTION' });
  expect([client.state, await reported]).toEqual(['closed', expect.objectContaining({ code: 'BAD_OPTION' })]);
});
