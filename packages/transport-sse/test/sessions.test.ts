import type { LifecycleEvents, Realtime } from '@rt/core';
import { Inbox } from '@rt/core/conformance';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventReader } from './event-reader.ts';
import { startServer } from './start-server.ts';

function connectFrame(token: string | null = null, ...channels: readonly string[]): string {
  const instance = randomBytes(16).toString('base64url');
  return JSON.stringify(['connect', 1, instance, token, channels.map((channel) => [channel, null])]);
}

async function open(url: string, ...channels: readonly string[]): Promise<EventReader> {
  const reader = await EventReader.open(url, { body: connectFrame(null, ...channels) });
  // `ready`, and one `sub` for each: all in one event.
  await reader.next();
  return reader;
}

/** A bare socket that has said `text`. */
class BareSocket {
  readonly socket: Socket;
  /** All that came back. */
  received = '';
  readonly ended: Promise<unknown>;

  constructor(url: string, text: string) {
    this.socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
    onTestFinished(() => void this.socket.destroy());
    this.socket.setEncoding('utf8').on('data', (chunk: string) => (this.received += chunk));
    this.socket.on('error', () => undefined);
    this.ended = once(this.socket, 'close');
    this.socket.write(text);
  }

  /** Resolves when `pattern` has come. */
  async has(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.received)) await once(this.socket, 'data');
  }
}

function postText(body: string, version = '1.1'): string {
  return (
    `POST /realtime/sse HTTP/${version}\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

/** Publishes more to the channel `news` than the buffers of a socket hold whose reader reads nothing. */
async function fill(realtime: Realtime, reader: EventReader): Promise<void> {
  reader.pause();
  for (let n = 0; n < 60; n++) await realtime.broadcast('news', 'n', 'x'.repeat(250_000));
}

/** Says goodbye; the status of the answer. */
async function leave(url: string, { headers }: EventReader): Promise<number> {
  const session = String(headers['rt-session']);
  const { status } = await fetch(url.replace(/sse$/, 'send'), { method: 'DELETE', headers: { 'rt-session': session } });
  return status;
}

function departures(realtime: Realtime): Inbox<LifecycleEvents['disconnected']> {
  const inbox = new Inbox<LifecycleEvents['disconnected']>();
  realtime.on('disconnected', (event) => inbox.push(event));
  return inbox;
}

function connections(realtime: Realtime): Inbox<LifecycleEvents['connected']> {
  const inbox = new Inbox<LifecycleEvents['connected']>();
  realtime.on('connected', (event) => inbox.push(event));
  return inbox;
}

describe('a stream', () => {
  it('begins at once, also while it is still being found out who the client is', async () => {
    const asked = Promise.withResolvers<{ id: string }>();
    const { url } = await startServer({ authenticate: () => asked.promise });
    const reader = await EventReader.open(url, { body: connectFrame('a-token') });
    expect(reader.status).toBe(200);
    expect(reader.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      connection: 'close',
      'rt-session': expect.stringMatching(/^[\w-]{8}\.[\w-]{12}\.[\w-]{32}$/),
    });
    expect(reader.headers).not.toHaveProperty('transfer-encoding');
    asked.resolve({ id: 'ann' });
    expect((await reader.next()).data).toMatch(/^\["ready","[^"]+","ann",/);
    expect(reader.text).toMatch(/^:\n\ndata: \["ready",/);
  });

  it('has what was published together in one event, a frame a line', async () => {
    const { realtime, url } = await startServer();
    const reader = await open(url, 'news');
    await Promise.all([1, 2, 3].map((n) => realtime.broadcast('news', 'n', n)));
    const { event, data } = await reader.next();
    expect(event).toBe('message');
    expect(data.split('\n').map((frame) => (JSON.parse(frame) as unknown[])[4])).toEqual([1, 2, 3]);
  });

  it('has a burst in several events of about 64 KiB', async () => {
    const { realtime, url } = await startServer();
    const reader = await open(url, 'news');
    const texts = Array.from({ length: 30 }, (_, n) => String(n).padEnd(10_000, 'x'));
    await Promise.all(texts.map((text) => realtime.broadcast('news', 'n', text)));
    const got: unknown[] = [];
    let most = 0;
    while (got.length < texts.length) {
      const { data } = await reader.next();
      most = Math.max(most, data.length);
      for (const frame of data.split('\n')) got.push((JSON.parse(frame) as unknown[])[4]);
    }
    expect(got).toEqual(texts);
    expect(most).toBeLessThan(64 * 1024 + 11_000);
  });

  it('says how it ends, and then ends', async () => {
    const { realtime, url } = await startServer({ authenticate: ({ token }) => ({ id: token ?? 'nobody' }) });
    const gone = departures(realtime);
    const reader = await EventReader.open(url, { body: connectFrame('ann') });
    await reader.next();
    await realtime.disconnect({ user: 'ann' }, { code: 4300, reason: 'enough' });
    expect(await reader.ended).toBe(true);
    expect(reader.text).toMatch(/\ndata: \["err",0,"DISCONNECTED".*\]\n\nevent: close\ndata: 4300\n\n$/);
    expect(await gone.next('the end')).toMatchObject({ code: 4300, reason: 'DISCONNECTED' });
  });

  it('ends with 1000 when its client leaves, which is no drop', async () => {
    const { realtime, url } = await startServer();
    const gone = departures(realtime);
    const reader = await open(url, 'news');
    expect(await leave(url, reader)).toBe(204);
    expect(await gone.next('the end')).toMatchObject({ code: 1000, reason: '' });
    expect(await reader.next()).toEqual({ event: 'close', data: '1000' });
    expect(await reader.ended).toBe(true);
    expect(gone.size).toBe(0);
  });

  it('that broke is an abrupt end, told once', async () => {
    const { realtime, url } = await startServer();
    const gone = departures(realtime);
    const [reset, closed] = [await open(url, 'news'), await open(url, 'news')];
    reset.destroy();
    expect(await gone.next('the end')).toMatchObject({ code: 1006 });
    const again = await open(url, 'news');
    await realtime.broadcast('news', 'n', 1);
    await Promise.all([closed.next(), again.next()]);
    expect(gone.size).toBe(0);
  });

  it('whose client went while it was asked about is never told of', async () => {
    const asked = new Inbox<AbortSignal>();
    const answer = Promise.withResolvers<undefined>();
    const { realtime, url } = await startServer({
      authenticate: ({ signal }) => {
        asked.push(signal);
        return answer.promise;
      },
    });
    const [opened, gone] = [connections(realtime), departures(realtime)];
    const reader = await EventReader.open(url, { body: connectFrame() });
    const signal = await asked.next('the question');
    const noticed = once(signal, 'abort');
    reader.destroy();
    await noticed;
    answer.resolve(undefined);
    await open(url);
    await opened.next('the other');
    expect([opened.size, gone.size]).toEqual([0, 0]);
  });

  it('ends within seconds where its client does not read the end', async () => {
    const { realtime, url } = await startServer();
    const gone = departures(realtime);
    const reader = await open(url, 'news');
    await fill(realtime, reader);
    const startedAt = performance.now();
    await realtime.close({ drainMs: 0 });
    await gone.next('the end');
    expect(performance.now() - startedAt).toBeLessThan(6_000);
  });

  it('whose client leaves is over at once, also where it has not read what it was sent', async () => {
    const { realtime, url } = await startServer();
    const gone = departures(realtime);
    const reader = await open(url, 'news');
    await fill(realtime, reader);
    expect(await leave(url, reader)).toBe(204);
    expect(gone.size).toBe(1);
    expect(await gone.next('the end')).toMatchObject({ code: 1000 });
  });

  it('is the last thing on its connection: what is asked behind it is not answered, and opens nothing', async () => {
    const { realtime, url } = await startServer();
    const opened = connections(realtime);
    const gone = departures(realtime);
    const text = `GET /realtime/live HTTP/1.1\r\nhost: a\r\n\r\n${postText(connectFrame(null, 'news'))}`;
    const bare = new BareSocket(url, text);
    await bare.has(/"sub",0,"news"/);
    bare.socket.write(`${postText(connectFrame())}GET /realtime/live HTTP/1.1\r\nhost: a\r\n\r\n`);
    const other = await open(url, 'news');
    await opened.take(2, 'the connections');
    await realtime.broadcast('news', 'n', 1);
    await other.next();
    await bare.has(/data: \["m","news","n","[^"]+",1,.*\]\n\n$/);
    expect(bare.received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
    expect(opened.size).toBe(0);
    bare.socket.destroy();
    await gone.next('the end');
  });

  it('is one for a client of HTTP/1.0 too', async () => {
    const { realtime, url } = await startServer();
    const opened = connections(realtime);
    const bare = new BareSocket(url, postText(connectFrame(), '1.0'));
    await opened.next('the connection');
    await realtime.close({ drainMs: 0 });
    await bare.ended;
    expect(bare.received).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n:\n\n[\s\S]*event: close\ndata: 4200\n\n$/);
  });
});

describe('a request that opens no stream', () => {
  it('is told what is wrong by its status', async () => {
    const { url } = await startServer();
    const frame = connectFrame();
    const cases: readonly (readonly [what: string, asking: Parameters<typeof EventReader.open>[1], status: number])[] =
      [
        ['another method', { method: 'PUT', body: frame }, 405],
        ['HEAD', { method: 'HEAD' }, 405],
        ['a form', { body: frame, headers: { 'content-type': 'text/plain' } }, 415],
        ['101 frames', { body: [frame, ...Array<string>(100).fill('["ping"]')].join('\n') }, 413],
        ['a body over the limit', { body: `${frame}\n${' '.repeat(64 * 1024)}` }, 413],
        ['another origin', { body: frame, headers: { origin: 'https://evil.example' } }, 403],
      ];
    for (const [what, asking, status] of cases) {
      const reader = await EventReader.open(url, asking);
      expect([what, reader.status]).toEqual([what, status]);
      if (status === 405) expect(reader.headers.allow).toBe('GET, POST, OPTIONS');
    }
    const preflight = await EventReader.open(url, { method: 'OPTIONS', headers: { origin: 'http://localhost:3000' } });
    expect(preflight.status).toBe(204);
  });
});
