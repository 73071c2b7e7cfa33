import { expect, it } from 'vitest';
import { newClient, openClient, randomName } from './open-client.ts';

it('resolves with the cursor that the server answers', async () => {
  const { client, peer } = await openClient();
  const channel = randomName();
  const sent = client.send(channel, 'posted', { text: 'hi' });
  const frame = await peer.frame('send');
  expect(frame).toEqual(['send', frame[1], channel, 'posted', { text: 'hi' }, expect.any(String)]);
  peer.send(['ok', frame[1], 'c1']);
  expect(await sent).toEqual({ cursor: 'c1' });
});

it('resolves without a cursor where there is none, and sends null for no data', async () => {
  const { client, peer } = await openClient();
  const sent = client.subscribe('news').send('posted');
  const frame = await peer.frame('send');
  peer.send(['ok', frame[1]]);
  expect([frame[4], await sent]).toEqual([null, {}]);
});

it('rejects with the error that the server answers', async () => {
  const { client, peer } = await openClient();
  const sent = client.send('news', 'posted');
  peer.send(['err', (await peer.frame('send'))[1], 'INVALID_DATA', 'no', { at: 'text' }]);
  await expect(sent).rejects.toMatchObject({ code: 'INVALID_DATA', message: 'no', detail: { at: 'text' } });
});

it('sends what waited first and in order, and frames of one tick as one message', async () => {
  const { client, server } = await newClient();
  client.on('state', ({ state }) => {
    if (state === 'open') void client.send('news', 'third', null, { volatile: true });
  });
  const sent = Promise.all([client.send('news', 'first'), client.send('news', 'second')]);
  const peer = await server.peers.next();
  await peer.greet();
  await peer.messages.next();
  const frames = (await peer.messages.next())
    .split('\n')
    .map((line) => JSON.parse(line) as [string, number, string, string]);
  expect(frames.map((frame) => frame[3])).toEqual(['first', 'second', 'third']);
  for (const frame of frames.slice(0, 2)) peer.send(['ok', frame[1]]);
  await sent;
});

it('refuses more waiting sends than the limit', async () => {
  const { client, server } = await newClient({ queueLimit: 1 });
  const first = client.send('news', 'first');
  await expect(client.send('news', 'second')).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  const peer = await server.peers.next();
  await peer.accept();
  peer.send(['ok', (await peer.frame('send'))[1]]);
  await first;
});

it('does not know what became of a send that is not answered in time, and ignores a late answer', async () => {
  const { client, peer, errors } = await openClient({ timeoutMs: 20 });
  const failed = client.send('news', 'posted').catch((error: unknown) => error);
  const [, n] = await peer.frame('send');
  expect(await failed).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  const heard = new Promise((resolve) => client.direct.on('after', resolve));
  peer.send(['ok', n], ['err', n, 'FORBIDDEN', 'late'], ['direct', 'after', 1]);
  await heard;
  expect(errors.size).toBe(0);
});

it('lets a send wait without a deadline while there is no connection', async () => {
  const { client, server } = await newClient({ timeoutMs: 0 });
  const failed = client.send('news', 'posted').catch((error: unknown) => error);
  (await server.peers.next()).close();
  const peer = await server.peers.next();
  await peer.accept();
  expect((await peer.frame('send'))[3]).toBe('posted');
  expect(await failed).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
});

it('resolves a volatile send at once and asks for no answer', async () => {
  const { client, peer } = await openClient();
  expect(await client.subscribe('news').send('moved', [1, 2], { volatile: true })).toEqual({});
  expect(await peer.frame('send')).toEqual(['send', 0, 'news', 'moved', [1, 2]]);
});

it('drops a volatile send while there is no connection', async () => {
  const { client, server } = await newClient();
  client.close();
  expect(await client.send('news', 'moved', 0, { volatile: true })).toEqual({});
  void client.connect();
  expect(await client.send('news', 'moved', 1, { volatile: true })).toEqual({});
  const peer = await server.peers.next();
  await peer.accept();
  peer.send(['ping']);
  expect(await peer.frames.next()).toEqual(['pong']);
});

it.each([10n, () => 1, Symbol('s'), circular()])('rejects data that is not JSON: %o', async (data) => {
  const { client } = await openClient();
  await expect(client.send('news', 'posted', data)).rejects.toMatchObject({ code: 'INVALID_DATA' });
});

it('sends data as it was when it was sent', async () => {
  const { client, server } = await newClient();
  const data = { count: 1 };
  void client.send('news', 'posted', data).catch(() => {});
  data.count = 2;
  const peer = await server.peers.next();
  await peer.accept();
  expect((await peer.frame('send'))[4]).toEqual({ count: 1 });
});

it('rejects a bad channel name', async () => {
  const { client } = await openClient();
  await expect(client.send('no spaces', 'posted')).rejects.toMatchObject({ code: 'BAD_NAME' });
});

it('rejects what is larger than the server reads, in bytes, also when it waited', async () => {
  const { client, server } = await newClient();
  const waiting = client.send('news', 'posted', 'ä'.repeat(400));
  const peer = await server.peers.next();
  await peer.accept({ maxFrameBytes: 500 });
  await expect(waiting).rejects.toMatchObject({ code: 'TOO_LARGE' });
  await expect(client.send('news', 'posted', 'ä'.repeat(400))).rejects.toMatchObject({ code: 'TOO_LARGE' });
  const fitting = client.send('news', 'posted', 'a'.repeat(400));
  peer.send(['ok', (await peer.frame('send'))[1]]);
  await fitting;
});

it('cuts what leaves together into messages that the server reads', async () => {
  const { client, peer } = await openClient({}, { maxFrameBytes: 110 });
  await peer.messages.next();
  for (let index = 0; index < 5; index++) void client.send('news', 'posted', 'x'.repeat(20), { volatile: true });
  const messages = [await peer.messages.next(), await peer.messages.next(), await peer.messages.next()];
  expect(messages.map((message) => message.split('\n').length)).toEqual([2, 2, 1]);
});

it('rejects what waits with CLOSED and what is unanswered with OUTCOME_UNKNOWN when the client is closed', async () => {
  const { client, peer, states } = await openClient({ backoff: { baseMs: 2 ** 31 - 1, maxMs: 2 ** 31 - 1 } });
  const sent = client.send('news', 'posted');
  await peer.frame('send');
  client.close();
  await expect(sent).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  await states.find((change) => change.state === 'closed');
  await expect(client.send('news', 'posted')).rejects.toMatchObject({ code: 'CLOSED' });

  const other = await newClient();
  const waiting = other.client.send('news', 'posted');
  other.client.close();
  await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
});

it('rejects what waits with the error for which the server ended the connection', async () => {
  const { client, server } = await newClient();
  const waiting = client.send('news', 'posted');
  const peer = await server.peers.next();
  peer.send(['err', 0, 'UNAUTHENTICATED', 'expired']);
  peer.close(4501);
  await expect(waiting).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

function circular(): object {
  const data: { self?: unknown } = {};
  data.self = data;
  return data;
}
