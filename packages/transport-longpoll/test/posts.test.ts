import { describe, expect, it } from 'vitest';
import { connectFrame, RawSession, request } from '../../../tests/hardening/raw-session.ts';
import { startServer } from './start-server.ts';

const names = (frames: readonly (readonly unknown[])[]): unknown[] => frames.map(([type]) => type);

describe('posts', () => {
  it('run once, however often their number comes, and in order', async () => {
    const { realtime, url } = await startServer();
    const session = await RawSession.open(url);
    const seen: unknown[] = [];
    realtime.handle('room', 'said', (message) => void seen.push(message.data));
    for (const [sequence, data] of [
      [1, 'a'],
      [1, 'a'],
      [1, 'b'],
      [2, 'c'],
      [2, 'c'],
    ] as const) {
      expect((await session.post(sequence, ['send', sequence, 'room', 'said', data])).status).toBe(204);
    }
    const answers = [...(await session.poll(1)).frames];
    for (let sequence = 2; answers.length < 2; sequence++) answers.push(...(await session.poll(sequence)).frames);
    expect(answers.map((frame) => frame.slice(0, 2))).toEqual([
      ['ok', 1],
      ['ok', 2],
    ]);
    expect(seen).toEqual(['a', 'c']);
  });

  it.each(['2', '0', '-1', '9007199254740993', 'x', ''])('with the number %s first are refused', async (sequence) => {
    const { url } = await startServer();
    const session = await RawSession.open(url);
    const answer = await session.post(sequence, ['ping']);
    expect([answer.status, answer.code]).toEqual([400, 'BAD_FRAME']);
    expect((await session.post(1, ['ping'])).status).toBe(204);
  });

  it('of 100 frames are taken, and one with more ends the connection before any is read', async () => {
    const { url } = await startServer({ limits: { messageBurst: 1_000 } });
    const session = await RawSession.open(url);
    const pings = (count: number): string[][] => Array.from({ length: count }, () => ['ping']);
    expect((await session.post(1, ...pings(100))).status).toBe(204);
    expect(names((await session.poll(1)).frames)).toEqual(Array.from({ length: 100 }, () => 'pong'));
    const answer = await session.post(2, ...pings(101));
    expect([answer.status, answer.code]).toEqual([413, 'TOO_LARGE']);
    const told = await session.poll(2);
    expect([names(told.frames), told.headers.get('rt-close')]).toEqual([['err'], '1009']);
  });

  it('that are no UTF-8 are refused', async () => {
    const { url } = await startServer();
    const session = await RawSession.open(url);
    const answer = await session.postText(1, new Uint8Array([0x5b, 0xff, 0x5d]));
    expect([answer.status, answer.code]).toEqual([400, 'BAD_FRAME']);
  });

  it('take a content type with parameters, in any case', async () => {
    const { url } = await startServer();
    const session = await RawSession.open(url);
    const headers = { 'content-type': 'Application/JSON; charset=utf-8' };
    expect((await session.postText(1, '["ping"]', headers)).status).toBe(204);
  });
});

describe('the session is its user’s', () => {
  it('a token of somebody else ends it, as on the WebSocket', async () => {
    const { url } = await startServer({
      authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
    });
    const session = await RawSession.open(url, connectFrame('anna'));
    const sequence = await session.subscribed();
    expect((await session.post(1, ['auth', 'anna'])).status).toBe(204);
    const answer = await session.poll(sequence);
    expect(names(answer.frames)).toEqual(['auth']);
    expect((await session.post(2, ['auth', 'bert'])).status).toBe(204);
    const told = await session.poll(sequence + 1);
    expect([told.frames[0]?.slice(0, 3), told.headers.get('rt-close')]).toEqual([
      ['err', 0, 'UNAUTHENTICATED'],
      '4501',
    ]);
  });
});

describe('W4: a request that proves nothing', () => {
  const REQUESTS = {
    'a poll': (session: RawSession, secret: string) => session.poll(1, { headers: { 'rt-session': secret } }),
    'a post': (session: RawSession, secret: string) => session.postText(1, '["ping"]', { 'rt-session': secret }),
    'the end': (session: RawSession, secret: string) => session.leave(secret),
  };
  for (const [what, ask] of Object.entries(REQUESTS)) {
    it(`W4: ${what} with the public id for a secret, or with another client's, is refused with 403`, async () => {
      const { url } = await startServer();
      const [session, other] = [await RawSession.open(url), await RawSession.open(url)];
      const foreign = `${session.id}.${other.secret.split('.')[2]}`;
      const shorter = session.secret.slice(0, -1);
      for (const secret of [session.id, `${session.id}.`, foreign, shorter, `${session.secret}x`]) {
        const answer = await ask(session, secret);
        expect([answer.status, answer.code], secret).toEqual([403, 'FORBIDDEN']);
      }
      expect((await session.post(1, ['ping'])).status).toBe(204);
      expect(names((await session.poll(1)).frames)).toEqual(['pong']);
    });

    it(`W4: ${what} for a session that nobody has is answered with 410`, async () => {
      const { url } = await startServer();
      const session = await RawSession.open(url);
      const [node, , secret] = session.secret.split('.');
      const unknown = [`${node}.${'x'.repeat(12)}.${secret}`, `nowhere.x.${secret}`, 'x', '../..', 'x'.repeat(5_000)];
      for (const shown of unknown) {
        const answer = await ask(session, shown);
        expect([answer.status, answer.code], shown).toEqual([410, 'UNKNOWN_SESSION']);
      }
    });
  }

  it('W4: a post without a secret is refused', async () => {
    const { url } = await startServer();
    const headers = { 'content-type': 'application/json', 'rt-sequence': '1' };
    const answer = await request(`${url}/send`, { method: 'POST', headers, body: '["ping"]' });
    expect([answer.status, answer.code]).toEqual([400, 'BAD_FRAME']);
  });
});

it('there is no /send where no transport has sessions', async () => {
  const { url } = await startServer({ transports: [] });
  expect((await request(`${url}/send`, { method: 'POST' })).status).toBe(404);
});

it('other methods are refused with those that there are', async () => {
  const { url } = await startServer();
  for (const [path, allowed] of [
    ['poll', 'POST'],
    ['send', 'POST, DELETE'],
  ] as const) {
    const answer = await request(`${url}/${path}`, { method: 'GET' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed]);
  }
});
