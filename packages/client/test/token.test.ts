import { expect, it } from 'vitest';
import { Deferred } from '../src/deferred.ts';
import { newClient, openClient } from './open-client.ts';

it('asks a token function before every connect', async () => {
  let count = 0;
  const { client, server } = await newClient({ token: async () => `token ${++count}` });
  client.subscribe('news');
  const tokens: unknown[] = [];
  for (let connection = 0; connection < 3; connection++) {
    const peer = await server.peers.next();
    tokens.push((await peer.accept())[3]);
    peer.close();
  }
  expect(tokens).toEqual(['token 1', 'token 2', 'token 3']);
});

it.each([undefined, '', () => ''])('is anonymous with %o', async (token) => {
  const { client, server } = await newClient(token === undefined ? {} : { token });
  client.subscribe('news');
  expect((await (await server.peers.next()).accept())[3]).toBeNull();
});

it('reports a token function that fails and asks again', async () => {
  const cause = new Error('no network');
  let failing = true;
  const { client, server, errors, states } = await newClient({
    token: () => {
      if (!failing) return 'token';
      failing = false;
      throw cause;
    },
  });
  client.subscribe('news');
  expect(await errors.next()).toMatchObject({ code: 'UNAUTHENTICATED', cause });
  expect((await states.find((change) => change.state === 'waiting')).error?.code).toBe('UNAUTHENTICATED');
  expect((await (await server.peers.next()).accept())[3]).toBe('token');
});

it('gives up waiting for a token function that never answers', async () => {
  const { client, states } = await newClient({ connectTimeoutMs: 20, token: () => new Promise<string>(() => {}) });
  client.subscribe('news');
  expect((await states.find((change) => change.state === 'waiting')).error?.code).toBe('CONNECT_TIMEOUT');
});

it('does not connect after a close() that came while the token was fetched', async () => {
  const token = new Deferred<string>();
  const { client, server } = await newClient({ token: () => token.promise });
  client.subscribe('news');
  client.close();
  token.resolve('late');
  const other = await newClient();
  other.client.subscribe('news');
  await other.server.peers.next();
  expect([client.state, server.peers.size]).toEqual(['closed', 0]);
});

it('authenticates an open connection with a new token, and the next one too', async () => {
  const { client, server, peer } = await openClient({ token: 'old' });
  client.setToken(() => 'new');
  expect(await peer.frame('auth')).toEqual(['auth', 'new']);
  peer.close();
  expect((await (await server.peers.next()).accept())[3]).toBe('new');
});

it('authenticates with a token that was set while connecting', async () => {
  const { client, server } = await newClient({ token: 'old' });
  client.subscribe('news');
  const peer = await server.peers.next();
  client.setToken('new');
  expect((await peer.accept())[3]).toBe('old');
  expect(await peer.frame('auth')).toEqual(['auth', 'new']);
});

it('reports a new token function that fails', async () => {
  const { client, errors } = await openClient();
  client.setToken(() => Promise.reject(new Error('no')));
  expect(await errors.next()).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(client.state).toBe('open');
});
