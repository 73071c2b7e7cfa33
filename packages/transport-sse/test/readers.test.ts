import type { LifecycleEvents, Realtime } from '@rt/core';
import { Inbox } from '@rt/core/conformance';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeCertificate } from '../../../tests/servers/certificate.ts';
import { EventReader } from './event-reader.ts';
import { startServer } from './start-server.ts';

const run = promisify(execFile);
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

async function publish(realtime: Realtime, from: number, to: number): Promise<string> {
  let place = '';
  for (let n = from; n < to; n++) place = (await realtime.broadcast('news', 'n', n)).cursor ?? '';
  return place;
}

async function numbers(reader: EventReader, count: number): Promise<unknown[]> {
  const events = await reader.events.take(count, 'events');
  return events.map(({ data }) => JSON.parse(data) as unknown);
}

describe('a plain reader', () => {
  it('gets each message as an event of its name, with its cursor as id and its data as JSON', async () => {
    const { realtime, url } = await startServer();
    const reader = await EventReader.open(`${url}?channel=news`);
    expect(reader.status).toBe(200);
    const data = { text: 'a\r\nb\n\ndata: x\u2028\0 é 👩‍🚀', '': [null, 1.5] };
    const { cursor } = await realtime.broadcast('news', 'created', data);
    const { event, id, data: text } = await reader.next();
    expect({ event, id, data: JSON.parse(text) as unknown }).toEqual({ event: 'created', id: cursor, data });
    await realtime.broadcast('news', 'typing', 1, { volatile: true });
    expect(await reader.next()).toEqual({ event: 'typing', data: '1' });
    await realtime.broadcast('sport', 'created', 1);
    await realtime.broadcast('news', 'created', 2);
    expect(await reader.next()).toMatchObject({ event: 'created', data: '2' });
  });

  it('is answered with the headers of a stream that no proxy holds back, before there is a message', async () => {
    const { url } = await startServer();
    const { status, headers } = await EventReader.open(`${url}?channel=news`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      connection: 'close',
    });
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(headers).not.toHaveProperty('rt-session');
  });

  it('begins with the last few messages where it asks for them', async () => {
    const { realtime, url } = await startServer();
    await publish(realtime, 0, 10);
    expect(await numbers(await EventReader.open(`${url}?channel=news&last=3`), 3)).toEqual([7, 8, 9]);
  });

  it('goes on behind its Last-Event-ID, which it has from the start', async () => {
    const { realtime, url } = await startServer();
    const first = await EventReader.open(`${url}?channel=news`);
    // The place comes with the subscription, but in a block of its own.
    await publish(realtime, 0, 1);
    await first.next();
    const [start] = /(?<=^id: ).*$/m.exec(first.text) ?? [];
    await publish(realtime, 1, 5);
    const again = await EventReader.open(`${url}?channel=news`, { headers: { 'last-event-id': start } });
    expect(await numbers(again, 5)).toEqual([0, 1, 2, 3, 4]);
  });

  it('is told of a gap before anything else, once, and goes on behind it', async () => {
    const { realtime, url } = await startServer({ channels: { news: { history: { size: 3, ttlMs: 60_000 } } } });
    const old = await publish(realtime, 0, 1);
    await publish(realtime, 1, 300);
    const reader = await EventReader.open(`${url}?channel=news`, { headers: { 'last-event-id': old } });
    const gap = await reader.next();
    expect(gap).toMatchObject({ event: 'rt.gap', data: '{"reason":"expired"}' });
    // Nothing before the gap moves a reader that breaks off just there beyond it.
    expect(reader.text.indexOf('id: ')).toBeGreaterThan(reader.text.indexOf('rt.gap'));
    const next = await reader.next();
    const again = await EventReader.open(`${url}?channel=news`, { headers: { 'last-event-id': gap.id } });
    expect(await again.next()).toEqual(next);
  });

  it('is refused with a status before any event: the channel, the token, the request', async () => {
    const { url } = await startServer({
      authenticate: ({ token }) => (token === 'of-ann' ? { id: 'ann' } : undefined),
      limits: { connectionsPerUser: 1 },
    });
    const cases: readonly (readonly [query: string, headers: Record<string, string>, status: number, code: string])[] =
      [
        ['?channel=private-news', {}, 403, 'FORBIDDEN'],
        ['?channel=presence-news', {}, 403, 'FORBIDDEN'],
        ['?channel=user.ann', {}, 403, 'FORBIDDEN'],
        ['?channel=$nodes', {}, 400, 'BAD_NAME'],
        ['?channel=', {}, 400, 'BAD_NAME'],
        ['?channel=news', { authorization: 'Bearer of-eve' }, 401, 'UNAUTHENTICATED'],
        ['', {}, 400, 'BAD_FRAME'],
        ['?channel=news&channel=sport', {}, 400, 'BAD_FRAME'],
        ['?channel=news&last=0', {}, 400, 'BAD_FRAME'],
        ['?channel=news&last=1e3', {}, 400, 'BAD_FRAME'],
        ['?channel=news', { 'last-event-id': 'x'.repeat(500) }, 400, 'BAD_FRAME'],
        ['?channel=news', { origin: 'https://evil.example' }, 403, 'FORBIDDEN'],
        ['?channel=news', { 'sec-fetch-site': 'cross-site' }, 403, 'FORBIDDEN'],
        ['?channel=news', { 'content-length': '2' }, 400, 'BAD_FRAME'],
      ];
    for (const [query, headers, status, code] of cases) {
      const reader = await EventReader.open(`${url}${query}`, { headers });
      expect([query, headers, reader.status, (await reader.error()).code]).toEqual([query, headers, status, code]);
    }
    const ann = { headers: { authorization: 'Bearer of-ann' } };
    expect((await EventReader.open(`${url}?channel=news`, ann)).status).toBe(200);
    const second = await EventReader.open(`${url}?channel=news`, ann);
    expect([second.status, (await second.error()).code]).toEqual([429, 'TOO_MANY_CONNECTIONS']);
  });

  it('is one connection of a user, whose other channels it does not get', async () => {
    const { realtime, url } = await startServer({
      authenticate: ({ request }) => (request.headers.cookie === 'session=of-ann' ? { id: 'ann' } : undefined),
    });
    const left = new Inbox<LifecycleEvents['disconnected']>();
    realtime.on('disconnected', (event) => left.push(event));
    const cookie = { headers: { cookie: 'session=of-ann' } };
    const reader = await EventReader.open(`${url}?channel=news`, cookie);
    const own = await EventReader.open(`${url}?channel=user.ann`, cookie);
    const [connection] = await realtime.user('ann').connections();
    expect(connection).toMatchObject({ transport: 'sse', user: { id: 'ann' } });
    await realtime.sendToUser('ann', 'mail', 1);
    await realtime.broadcast('news', 'created', 2);
    expect(await own.next()).toMatchObject({ event: 'mail', data: '1' });
    expect(await reader.next()).toMatchObject({ event: 'created', data: '2' });
    reader.destroy();
    expect(await left.next('the end')).toMatchObject({ code: 1006, connection: { id: connection!.id } });
  });

  it('is told how its connection ends, and that is the end', async () => {
    const { realtime, url } = await startServer({
      authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
    });
    const open = (token: string) =>
      EventReader.open(`${url}?channel=news`, { headers: { authorization: `Bearer ${token}` } });
    const [ann, ben, eve] = [await open('ann'), await open('ben'), await open('eve')];
    await realtime.disconnect({ user: 'ann' });
    expect(await ann.next()).toEqual({ event: 'rt.close', data: '4502' });
    expect(await ann.ended).toBe(true);
    const [connection] = await realtime.user('ben').connections();
    await connection!.unsubscribe('news');
    expect(await ben.next()).toEqual({ event: 'rt.close', data: '4502' });
    expect(await ben.ended).toBe(true);
    await realtime.broadcast('news', 'last', 1);
    await realtime.close({ drainMs: 0 });
    expect(await eve.next()).toMatchObject({ event: 'last' });
    expect(await eve.next()).toEqual({ event: 'rt.close', data: '4200' });
    expect(await eve.ended).toBe(true);
  });

  it('is sent on its way within the time of a drain', async () => {
    const { realtime, url } = await startServer();
    const readers = await Promise.all(Array.from({ length: 10 }, () => EventReader.open(`${url}?channel=news`)));
    const startedAt = performance.now();
    const closing = realtime.close({ drainMs: 300 });
    for (const reader of readers) expect(await reader.next()).toEqual({ event: 'rt.close', data: '4200' });
    await closing;
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it('stays while it takes what is written, though it never says a word', async () => {
    const { realtime, url } = await startServer({ limits: { beatMs: 1_000, beatAnswerMs: 1_000 } });
    const reader = await EventReader.open(`${url}?channel=news`);
    // Three beats with an answer each: comments, which no EventSource shows.
    while (reader.text.split(':\n\n').length < 4) await new Promise((resolve) => setTimeout(resolve, 50));
    await realtime.broadcast('news', 'still', 1);
    expect(await reader.next()).toMatchObject({ event: 'still' });
  });
});

it('a plain reader stays under TLS as well, where no write is done at once', async () => {
  await using certificate = await makeCertificate();
  const { key, cert } = certificate;
  const { realtime, url } = await startServer({ limits: { beatMs: 1_000, beatAnswerMs: 1_000 }, tls: { key, cert } });
  const request = get(`${url.replace('http:', 'https:')}?channel=news`, { ca: cert, agent: false });
  onTestFinished(() => void request.destroy());
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  // Each beat is a comment; one that is not answered is the last.
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.split(':\n\n').length > 3) break;
  }
  expect(text).not.toContain('rt.close');
  expect(text.split(':\n\n').length).toBeGreaterThan(3);
  await realtime.close({ drainMs: 0 });
});

describe.skipIf(!hasCurl)('curl -N (where it is installed)', () => {
  it('prints messages as they come', async () => {
    const { realtime, url } = await startServer();
    const { cursor } = await realtime.broadcast('news', 'created', { title: 'hello' });
    const { stdout } = await run('curl', ['-sN', '--max-time', '1', `${url}?channel=news&last=1`]).catch(
      // It ends by its own clock, which it calls an error.
      (error: unknown) => error as { stdout: string },
    );
    expect(stdout.replace(/^retry: \d+\n\n/, '').trimEnd()).toBe(
      `event: created\nid: ${cursor}\ndata: {"title":"hello"}`,
    );
  });
});
