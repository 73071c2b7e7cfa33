import type { LifecycleEvents, Realtime } from '@rt/core';
import { Inbox } from '@rt/core/conformance';
import { longPolling } from '@rt/transport-longpoll';
import { describe, expect, it } from 'vitest';
import { connectFrame, RawSession } from '../../../tests/hardening/raw-session.ts';
import { clockOf } from './fast-clock.ts';
import { startServer } from './start-server.ts';

function endsOf(realtime: Realtime): Inbox<LifecycleEvents['disconnected']> {
  const ends = new Inbox<LifecycleEvents['disconnected']>();
  realtime.on('disconnected', (event) => ends.push(event));
  return ends;
}

describe('a session that opens', () => {
  it('is answered with its secret, the first frames and their number', async () => {
    const { url } = await startServer();
    const session = await RawSession.open(url);
    expect(session.opened.status).toBe(200);
    expect(session.opened.frames[0]?.[0]).toBe('ready');
    expect(session.opened.headers.get('rt-sequence')).toBe('1');
    expect(session.opened.headers.get('cache-control')).toBe('no-store');
    const [node, connection, secret = '', ...more] = session.secret.split('.');
    expect([`${node}.${connection}`, more]).toEqual([session.id, []]);
    expect(Buffer.from(secret, 'base64url')).toHaveLength(24);
  });

  it('with a token that is not accepted is told so, and that it is over', async () => {
    const { url } = await startServer({ authenticate: () => undefined });
    const { opened } = await RawSession.open(url, connectFrame('wrong'));
    expect([opened.status, opened.headers.get('rt-close')]).toEqual([200, '4501']);
    expect(opened.frames[0]?.slice(0, 3)).toEqual(['err', 0, 'UNAUTHENTICATED']);
  });

  it('is answered when the application has decided, however long that takes', async () => {
    const decision = Promise.withResolvers<{ id: string }>();
    const asked = Promise.withResolvers<void>();
    const authenticate = (): Promise<{ id: string }> => {
      asked.resolve();
      return decision.promise;
    };
    const { url } = await startServer({ authenticate });
    const opening = RawSession.open(url, connectFrame('token'));
    await asked.promise;
    decision.resolve({ id: '7' });
    expect((await opening).opened.frames[0]?.slice(0, 3)).toEqual(['ready', expect.any(String), '7']);
  });

  it('is over at once when its client goes before it was answered: nobody has its secret', async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    const { url } = await startServer({
      authenticate: ({ signal }) => {
        asked.resolve(signal);
        return new Promise(() => undefined);
      },
    });
    const gone = new AbortController();
    const headers = { 'content-type': 'application/json' };
    const opening = fetch(`${url}/poll`, { method: 'POST', headers, body: connectFrame('token'), signal: gone.signal });
    const signal = await asked.promise;
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    gone.abort();
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
    await aborted;
  });

  it('is refused by status where its address has too many, and while the server takes no new clients', async () => {
    const { realtime, url } = await startServer({ limits: { connectionsPerAddress: 1 } });
    const first = await RawSession.open(url);
    const second = await RawSession.open(url);
    expect([second.opened.status, second.opened.code]).toEqual([429, 'TOO_MANY_CONNECTIONS']);
    const closing = realtime.close({ drainMs: 60_000 });
    const late = await RawSession.open(url);
    expect([late.opened.status, late.opened.code]).toEqual([503, 'CLOSING']);
    // Those who are here are served until they have gone.
    const answer = await first.poll(1);
    expect(answer.frames).toEqual([['drain', 60_000]]);
    expect((await first.leave()).status).toBe(204);
    await closing;
  });
});

describe('polls', () => {
  it('get what comes, numbered, and an unacknowledged answer again byte for byte', async () => {
    const { realtime, url } = await startServer();
    const session = await RawSession.open(url, connectFrame(null, 'news'));
    const sequence = await session.subscribed();
    await realtime.broadcast('news', 'tick', 1);
    const first = await session.poll(sequence);
    expect(first.headers.get('rt-sequence')).toBe(String(sequence + 1));
    await realtime.broadcast('news', 'tick', 2);
    const again = await session.poll(sequence);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('rt-sequence')).toBe(String(sequence + 1));
    const next = await session.poll(sequence + 1);
    expect(next.frames.map((frame) => frame[4])).toEqual([2]);
    expect(next.headers.get('rt-sequence')).toBe(String(sequence + 2));
  });

  it('are answered with nothing after the hold', async () => {
    const { url } = await startServer({ transports: [longPolling({ timeoutMs: 1_000 })] });
    const session = await RawSession.open(url);
    const answer = await session.poll(1);
    expect([answer.status, answer.text, answer.headers.get('rt-sequence')]).toEqual([204, '', null]);
  });

  it('H2: of two at once the older is answered with nothing, and the newer with what comes', async () => {
    const { realtime, url } = await startServer();
    const session = await RawSession.open(url);
    const older = session.poll(1);
    const newer = older.then(() => undefined);
    const both = session.poll(1);
    const [first] = await Promise.all([Promise.race([older, both]), newer]);
    expect(first.status).toBe(204);
    await realtime.send(session.id, 'hello');
    const answers = await Promise.all([older, both]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 204]));
    expect(answers.flatMap(({ frames }) => frames)).toEqual([['direct', 'hello', null]]);
  });

  it.each(['0', '3', '99', '-1', '1.5', '1e3', '9007199254740992', 'x', ''])(
    'with the number %s, which is no answer of the last two, are refused',
    async (sequence) => {
      const { url } = await startServer();
      const session = await RawSession.open(url);
      const answer = await session.poll(sequence);
      expect([answer.status, answer.code]).toEqual([400, 'BAD_FRAME']);
    },
  );

  it('that were overtaken by a later one are answered with nothing, and disturb nobody', async () => {
    const { realtime, url } = await startServer();
    const session = await RawSession.open(url);
    await realtime.send(session.id, 'first');
    expect((await session.poll(1)).frames).toEqual([['direct', 'first', null]]);
    const waiting = session.poll(2);
    await realtime.send(session.id, 'second');
    expect((await waiting).frames).toEqual([['direct', 'second', null]]);
    const next = session.poll(3);
    expect((await session.poll(2)).status).toBe(204);
    await realtime.send(session.id, 'third');
    expect((await next).frames).toEqual([['direct', 'third', null]]);
  });

  it('with a body are refused', async () => {
    const { url } = await startServer();
    const session = await RawSession.open(url);
    const json = await session.poll(1, { body: '["ping"]', headers: { 'content-type': 'application/json' } });
    expect([json.status, json.code]).toEqual([400, 'BAD_FRAME']);
    const form = await session.poll(1, { body: 'a=b' });
    expect([form.status, form.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  it('get much in several answers, whole frames each, none lost and in order', async () => {
    const { realtime, url } = await startServer({
      limits: { maxQueuedBytes: 16 * 1024 * 1024 },
      channels: { '*': { history: false } },
    });
    const session = await RawSession.open(url, connectFrame(null, 'news'));
    let sequence = await session.subscribed();
    const sent = Array.from({ length: 40 }, (_, index) => `${index}:${'x'.repeat(index % 5 === 0 ? 150_000 : 9_000)}`);
    await Promise.all(sent.map((data) => realtime.broadcast('news', 'tick', data)));
    const got: unknown[] = [];
    while (got.length < sent.length) {
      const answer = await session.poll(sequence);
      expect(answer.frames.length === 1 || answer.text.length <= 64 * 1024).toBe(true);
      sequence = Number(answer.headers.get('rt-sequence'));
      got.push(...answer.frames.map((frame) => frame[4]));
    }
    expect(got).toEqual(sent);
  });
});

describe('the end', () => {
  it('comes as an abrupt drop when no poll has come for 10 s', async () => {
    const { realtime, url } = await startServer({ clock: clockOf(20) });
    const ends = endsOf(realtime);
    const session = await RawSession.open(url);
    const openedAt = performance.now();
    const { connection, code } = await ends.next('the end');
    expect([connection.id, code]).toEqual([session.id, 1006]);
    expect(performance.now() - openedAt).toBeGreaterThan(400);
    const late = await session.poll(1);
    expect([late.status, late.code]).toEqual([410, 'UNKNOWN_SESSION']);
    expect((await session.post(1, ['ping'])).status).toBe(410);
  });

  it('comes also for a client whose waiting poll was cut, and not for one whose poll waits', async () => {
    const { realtime, url } = await startServer({
      clock: clockOf(20),
      limits: { beatMs: 3_600_000 },
      transports: [longPolling({ timeoutMs: 300_000 })],
    });
    const ends = endsOf(realtime);
    const [cut, waiting] = [await RawSession.open(url), await RawSession.open(url)];
    const held = waiting.poll(1);
    const gone = new AbortController();
    const poll = cut.poll(1, { signal: gone.signal });
    gone.abort();
    await expect(poll).rejects.toMatchObject({ name: 'AbortError' });
    expect((await ends.next('the end')).connection.id).toBe(cut.id);
    await realtime.send(waiting.id, 'still');
    expect((await held).frames).toEqual([['direct', 'still', null]]);
  });

  it('does not come while an answer is asked for again and again', async () => {
    const { realtime, url } = await startServer({ clock: clockOf(5), limits: { messageBurst: 1_000 } });
    const session = await RawSession.open(url);
    await realtime.send(session.id, 'lost');
    const startedAt = performance.now();
    // Ten seconds are two here.
    while (performance.now() - startedAt < 4_500) {
      expect((await session.poll(1)).frames).toEqual([['direct', 'lost', null]]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it('is told with the last frames, again to a poll that did not hear of it, and not to one that did', async () => {
    const { realtime, url } = await startServer();
    const ends = endsOf(realtime);
    const session = await RawSession.open(url);
    const poll = session.poll(1);
    await realtime.disconnect({ connection: session.id });
    const told = await poll;
    expect([told.status, told.headers.get('rt-close'), told.frames[0]?.[2]]).toEqual([200, '4502', 'DISCONNECTED']);
    await ends.next('the end');
    const again = await session.poll(1);
    expect([again.status, again.headers.get('rt-close'), again.text]).toEqual([200, '4502', told.text]);
    expect((await session.poll(2)).status).toBe(410);
    expect(ends.size).toBe(0);
  });

  it('is told to those that poll later, and the session is gone when they have it', async () => {
    const { realtime, url } = await startServer();
    const ends = endsOf(realtime);
    const session = await RawSession.open(url);
    await realtime.disconnect({ connection: session.id });
    const told = await session.poll(1);
    expect([told.status, told.headers.get('rt-close')]).toEqual([200, '4502']);
    await ends.next('the end');
  });

  it('by the client answers its waiting poll, and is polite', async () => {
    const { realtime, url } = await startServer();
    const ends = endsOf(realtime);
    const session = await RawSession.open(url);
    const poll = session.poll(1);
    expect((await session.leave()).status).toBe(204);
    const answer = await poll;
    expect([answer.status, answer.headers.get('rt-close')]).toEqual([204, '1000']);
    expect((await ends.next('the end')).code).toBe(1000);
    expect((await session.leave()).status).toBe(410);
  });

  it('of the server waits for those who fetch their last frames, and not long for others', async () => {
    const { realtime, url } = await startServer();
    await RawSession.open(url);
    const session = await RawSession.open(url);
    const closing = realtime.close({ drainMs: 0 });
    const told = await session.poll(1);
    expect([told.headers.get('rt-close'), told.frames[0]?.[2]]).toEqual(['4200', 'CLOSING']);
    await closing;
  });
});
