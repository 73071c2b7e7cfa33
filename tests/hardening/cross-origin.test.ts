import { describe, expect, it } from 'vitest';
import { ask, headerOf } from './http-request.ts';
import { connectFrame } from './raw-client.ts';
import { RawSession } from './raw-session.ts';
import { startServer } from './server.ts';

const APP = 'https://app.example.com';
const EVIL = 'https://evil.test';
const JSON_TYPE = 'Content-Type: application/json';
const PATHS = ['/poll', '/sse', '/send'];
/** What a form of another site can send without being asked about it (Fetch, "CORS-safelisted"). */
const FORM_TYPES = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', undefined];

/** Everything that CORS says in an answer. */
function corsOf(answer: Parameters<typeof headerOf>[0]): Record<string, string | undefined> {
  const names = ['allow-origin', 'allow-credentials', 'expose-headers', 'allow-methods', 'allow-headers', 'max-age'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headerOf(answer, `access-control-${name}`);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

const READABLE = {
  'allow-origin': APP,
  'allow-credentials': 'true',
  'expose-headers': 'rt-session, rt-sequence, rt-close',
};

describe.each(PATHS)('%s', (path) => {
  it('W5: a preflight of an allowed origin is answered with what may be sent, and one of another refused', async () => {
    const { port } = await startServer({ allowedOrigins: [APP] });
    const preflight = { method: 'OPTIONS', path, lines: [`Origin: ${APP}`, 'Access-Control-Request-Method: POST'] };
    const answer = await ask(port, preflight);
    expect([answer.status, answer.body, headerOf(answer, 'vary')]).toEqual([204, '', 'origin']);
    expect(corsOf(answer)).toEqual({
      ...READABLE,
      'allow-methods': 'GET, POST, DELETE',
      'allow-headers': 'content-type, authorization, rt-session, rt-sequence, rt-wait, last-event-id',
      'max-age': '7200',
    });
    const refused = await ask(port, { ...preflight, lines: [`Origin: ${EVIL}`] });
    expect([refused.status, corsOf(refused)]).toEqual([403, {}]);
  });

  it.each([EVIL, 'null', '', `${APP}.evil.test`, 'https://APP.example.com', `${APP}:8443`, `${APP}/`, '*'])(
    'W5: the origin "%s" is refused with 403, whatever it asks, and may read nothing',
    async (origin) => {
      const { port } = await startServer({ allowedOrigins: [APP] });
      for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS']) {
        const answer = await ask(port, { method, path, lines: [`Origin: ${origin}`, JSON_TYPE] });
        expect([answer.status, corsOf(answer)], method).toEqual([403, {}]);
      }
    },
  );

  it('W5: refusals of an allowed origin may be read by its pages, and those without an origin say nothing of any', async () => {
    const { port } = await startServer({ allowedOrigins: [APP] });
    const lines = ['Content-Type: text/plain'];
    const answer = await ask(port, { path, lines: [`Origin: ${APP}`, ...lines], body: 'x' });
    expect([answer.status, corsOf(answer), headerOf(answer, 'vary')]).toEqual([415, READABLE, 'origin']);
    const plain = await ask(port, { path, lines, body: 'x' });
    expect([plain.status, corsOf(plain)]).toEqual([415, {}]);
  });

  it('W5: without an allow-list the server’s own origin and this machine’s are allowed, and no other', async () => {
    const { port } = await startServer();
    const statusOf = async (origin: string): Promise<number> =>
      (await ask(port, { method: 'OPTIONS', path, lines: [`Origin: ${origin}`] })).status;
    expect(await statusOf('http://localhost')).toBe(204);
    expect(await statusOf('http://127.0.0.1:3000')).toBe(204);
    expect(await statusOf(EVIL)).toBe(403);
  });

  it.each(FORM_TYPES)('W6: a form of another site (%s) is refused, with its origin and without', async (type) => {
    const { realtime, port } = await startServer({ allowedOrigins: [APP] });
    let connected = 0;
    realtime.on('connected', () => connected++);
    const lines = type === undefined ? [] : [`Content-Type: ${type}`];
    for (const body of [connectFrame({}), '["send",1,"room","event",0]']) {
      expect((await ask(port, { path, lines: [`Origin: ${EVIL}`, ...lines], body })).status).toBe(403);
      expect((await ask(port, { path, lines, body })).status).toBe(415);
    }
    expect(connected).toBe(0);
  });
});

it('W5: an open session is worth nothing to a page of another origin that learned of its secret', async () => {
  const { port } = await startServer({ allowedOrigins: [APP] });
  const session = await RawSession.open(`http://127.0.0.1:${port}/realtime`, connectFrame({}));
  const lines = [`Origin: ${EVIL}`, JSON_TYPE, `Rt-Session: ${session.secret}`, 'Rt-Sequence: 1'];
  expect((await ask(port, { path: '/send', lines, body: '["ping"]' })).status).toBe(403);
  expect((await ask(port, { path: '/poll', lines })).status).toBe(403);
  expect((await ask(port, { method: 'DELETE', path: '/send', lines })).status).toBe(403);
  expect((await session.post(1, ['ping'])).status).toBe(204);
});

it('W5: pages of an allowed origin poll and post, and read what they need', async () => {
  const { port } = await startServer({ allowedOrigins: [APP] });
  const origin = `Origin: ${APP}`;
  const opened = await ask(port, { path: '/poll', lines: [origin, JSON_TYPE], body: connectFrame({}) });
  expect([opened.status, corsOf(opened)]).toEqual([200, READABLE]);
  const session = [origin, `Rt-Session: ${headerOf(opened, 'rt-session')}`, 'Rt-Sequence: 1'];
  const posted = await ask(port, { path: '/send', lines: [...session, JSON_TYPE], body: '["ping"]' });
  expect([posted.status, corsOf(posted)]).toEqual([204, READABLE]);
  const polled = await ask(port, { path: '/poll', lines: session, body: '' });
  expect([polled.status, polled.body, corsOf(polled)]).toEqual([200, '["pong"]', READABLE]);
});

it('W5: routes that are no page’s business have no CORS', async () => {
  const { port } = await startServer({ allowedOrigins: [APP] });
  for (const path of ['/live', '/ready', '/client.js', '/api/v1/broadcast']) {
    const answer = await ask(port, { method: 'OPTIONS', path, lines: [`Origin: ${APP}`] });
    expect([answer.status, corsOf(answer)], path).toEqual([405, {}]);
  }
});
