import type { RealtimeClient } from '@rt/client';
import { PROTOCOL_VERSION } from '@rt/protocol';
import { describe, expect, it } from 'vitest';
import { randomName } from './open-client.ts';
import { newHttpClient, openHttpClient } from './open-http-client.ts';
import { ready } from './scripted-http-server.ts';

const TRANSPORTS = [
  ['sse', 'POST /sse'],
  ['longpolling', 'POST /poll'],
] as const;

/** Sends at once, without an answer to wait for. */
function say(client: RealtimeClient, event: string, data?: unknown): void {
  void client.send('news', event, data, { volatile: true });
}

describe.each(TRANSPORTS)('over %s', (transport, route) => {
  it('opens a session by a POST whose body is the connect frame', async () => {
    const channel = randomName();
    const { client, server } = await newHttpClient({ transports: [transport], token: 'secret' });
    client.subscribe(channel);
    const opening = await server.next(route);
    const instance: unknown = expect.stringMatching(/^[A-Za-z0-9_-]{22,64}$/);
    expect(JSON.parse(opening.body)).toEqual(['connect', PROTOCOL_VERSION, instance, 'secret', [[channel, null]], {}]);
    expect(opening.headers['content-type']).toBe('application/json');
    expect(opening.headers['rt-session']).toBeUndefined();
  });

  it('is open, and says over which transport, when the server is ready', async () => {
    const { client } = await openHttpClient(transport);
    expect([client.state, client.transport, client.connectionId]).toEqual([
      'open',
      transport,
      expect.stringContaining('node.'),
    ]);
  });

  it('posts what it sends under its session and the next number, one POST at a time', async () => {
    const { client, server, session } = await openHttpClient(transport);
    say(client, 'first', 1);
    const first = await server.next('POST /send');
    say(client, 'second', 2);
    say(client, 'third', 3);
    expect([first.headers['rt-session'], first.sequence, JSON.parse(first.body)]).toEqual([
      session,
      '1',
      ['send', 0, 'news', 'first', 1],
    ]);
    expect(server.seen.filter((each) => each === 'POST /send')).toHaveLength(1);
    first.answer(204);
    const second = await server.next('POST /send');
    expect([second.sequence, second.body.split('\n').length]).toEqual(['2', 2]);
    second.answer(204);
  });

  it.each([500, 503, 504, 429])('repeats a POST that was answered with %i under the same number', async (status) => {
    const { client, server } = await openHttpClient(transport);
    say(client, 'said');
    const first = await server.next('POST /send');
    first.answer(status);
    const again = await server.next('POST /send');
    expect([again.sequence, again.body]).toEqual([first.sequence, first.body]);
  });

  it('repeats a POST whose answer got lost', async () => {
    const { client, server } = await openHttpClient(transport);
    say(client, 'said');
    const first = await server.next('POST /send');
    first.cut();
    const again = await server.next('POST /send');
    expect([again.sequence, again.body]).toEqual(['1', first.body]);
  });

  it('takes at most 100 frames, and as many bytes as the server reads, into one POST', async () => {
    const { client, server } = await openHttpClient(transport, { maxFrameBytes: 1_000 });
    say(client, 'first');
    const first = await server.next('POST /send');
    for (let n = 0; n < 250; n++) say(client, 'said');
    for (let n = 0; n < 3; n++) say(client, 'said', 'ü'.repeat(300));
    first.answer(204);
    const counts: number[] = [];
    for (let frames = 1; frames < 254; frames += counts.at(-1)!) {
      const next = await server.next('POST /send');
      expect(Buffer.byteLength(next.body)).toBeLessThanOrEqual(1_000);
      counts.push(next.body.split('\n').length);
      next.answer(204);
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual(100);
  });

  it('comes back at once with its cursors where the session is not known any more', async () => {
    const { client, server, states } = await openHttpClient(transport);
    await states.find((change) => change.state === 'open');
    say(client, 'said');
    (await server.next('POST /send')).answer(410);
    expect((await states.next()).state).toBe('waiting');
    expect(JSON.parse((await server.next(route)).body)).toEqual(expect.arrayContaining(['connect', PROTOCOL_VERSION]));
  });

  it('takes leave politely, after what was sent', async () => {
    const { client, server, session } = await openHttpClient(transport);
    say(client, 'last');
    client.close();
    const last = await server.next('POST /send');
    expect(server.seen).not.toContain('DELETE /send');
    last.answer(204);
    const leave = await server.next('DELETE /send');
    expect([leave.headers['rt-session'], leave.body]).toEqual([session, '']);
    leave.answer(204);
  });

  it('ends with the error that the server gave before a close code that forbids to reconnect', async () => {
    const { client, server } = await newHttpClient({ transports: [transport], token: 'old' });
    const opened = client.connect();
    const opening = await server.next(route);
    if (transport === 'sse') {
      opening.stream('s');
      opening.event(['err', 0, 'UNAUTHENTICATED', 'expired']);
      opening.closeEvent(4501);
    } else {
      const headers = { 'rt-session': 's', 'rt-sequence': '1', 'rt-close': '4501' };
      opening.answer(200, headers, ['err', 0, 'UNAUTHENTICATED', 'expired']);
    }
    await expect(opened).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: 'expired' });
    expect(client.state).toBe('closed');
  });

  it('reports an opening that the server refused, and tries again', async () => {
    const { client, server, errors, states } = await newHttpClient({ transports: [transport] });
    client.subscribe('news');
    const refusal = { error: { code: 'TOO_MANY_CONNECTIONS', message: 'too many', retryable: true } };
    (await server.next(route)).answerText(429, JSON.stringify(refusal));
    expect(await errors.next()).toMatchObject({ code: 'TOO_MANY_CONNECTIONS', message: 'too many' });
    expect((await states.find((change) => change.state === 'waiting')).error?.code).toBe('TOO_MANY_CONNECTIONS');
    await server.next(route);
  });

  it.each([200, 403, 502])('takes a page of somebody else with status %i for a lost connection', async (status) => {
    const { client, server, states, errors } = await newHttpClient({ transports: [transport] });
    client.subscribe('news');
    (await server.next(route)).answerText(status, '<html>Welcome to this hotel</html>', {
      'content-type': 'text/html',
    });
    expect((await states.find((change) => change.state === 'waiting')).error).toBeUndefined();
    await server.next(route);
    expect(errors.size).toBe(0);
  });

  it('uses the fetch it is given', async () => {
    const asked: string[] = [];
    const given: typeof fetch = (url, init) => {
      const { method, url: address } = new Request(url, init);
      asked.push(`${method} ${address}`);
      return fetch(url, init);
    };
    const { server } = await openHttpClient(transport, { fetch: given });
    expect(asked[0]).toBe(`POST ${server.url}/realtime${route.slice('POST '.length)}`);
  });
});

describe('a stream', () => {
  it('delivers every frame of every event, in order', async () => {
    const { client, opening } = await openHttpClient('sse');
    const heard: unknown[] = [];
    const three = new Promise<void>((resolve) => {
      client.direct.on('hello', (data) => heard.push(data) === 3 && resolve());
    });
    opening.event(['direct', 'hello', 'a\nb'], ['direct', 'hello', 2]);
    opening.event(['direct', 'hello', 3]);
    await three;
    expect(heard).toEqual(['a\nb', 2, 3]);
  });

  it('that ends without a word is a lost connection, and is not opened again by anybody else', async () => {
    const { server, opening, states } = await openHttpClient('sse', {
      backoff: { baseMs: 2 ** 31 - 1, maxMs: 2 ** 31 - 1 },
    });
    opening.end();
    expect((await states.find((change) => change.state === 'waiting')).error).toBeUndefined();
    expect(server.seen).toEqual(['POST /sse']);
  });

  it('is gone when the client leaves it for another node', async () => {
    const { opening, server } = await openHttpClient('sse');
    opening.event(['drain', 1]);
    await opening.aborted;
    await server.next('POST /sse');
    expect(server.seen).not.toContain('DELETE /send');
  });
});

describe('polling', () => {
  it('acknowledges each answer by the next poll', async () => {
    const { client, server, session } = await openHttpClient('longpolling');
    const heard: unknown[] = [];
    client.direct.on('hello', (data) => heard.push(data));
    const first = await server.next('POST /poll');
    expect([first.headers['rt-session'], first.sequence, first.body]).toEqual([session, '1', '']);
    first.answer(200, { 'rt-sequence': '2' }, ['direct', 'hello', 1], ['direct', 'hello', 2]);
    const second = await server.next('POST /poll');
    expect([second.sequence, heard]).toEqual(['2', [1, 2]]);
    second.answer(204);
    expect((await server.next('POST /poll')).sequence).toBe('2');
  });

  it('asks again for an answer that got lost, and hears it once', async () => {
    const { client, server } = await openHttpClient('longpolling');
    const heard: unknown[] = [];
    client.direct.on('hello', (data) => heard.push(data));
    const lost = await server.next('POST /poll');
    lost.cut();
    const again = await server.next('POST /poll');
    expect(again.sequence).toBe('1');
    again.answer(200, { 'rt-sequence': '2' }, ['direct', 'hello', 1]);
    const repeated = await server.next('POST /poll');
    repeated.answer(200, { 'rt-sequence': '2' }, ['direct', 'hello', 1]);
    await server.next('POST /poll');
    expect(heard).toEqual([1]);
  });

  it('acknowledges the last answer of a connection that the server ended', async () => {
    const { server, states } = await openHttpClient('longpolling', {
      backoff: { baseMs: 2 ** 31 - 1, maxMs: 2 ** 31 - 1 },
    });
    const first = await server.next('POST /poll');
    first.answer(200, { 'rt-sequence': '2', 'rt-close': '4200' }, ['err', 0, 'CLOSING', 'bye']);
    expect((await states.find((change) => change.state === 'waiting')).error?.code).toBe('CLOSING');
    expect((await server.next('POST /poll')).sequence).toBe('2');
  });

  it('ends a session whose numbers the server does not know', async () => {
    const { server, states } = await openHttpClient('longpolling');
    (await server.next('POST /poll')).answerText(400, JSON.stringify({ error: { code: 'BAD_FRAME', message: '' } }));
    await states.find((change) => change.state === 'waiting');
    const opening = await server.next('POST /poll');
    opening.answer(200, { 'rt-session': 'other', 'rt-sequence': '1' }, ready());
    expect((await server.next('POST /poll')).headers['rt-session']).toBe('other');
  });
});
