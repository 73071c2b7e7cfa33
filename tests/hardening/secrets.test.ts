import { consoleLogger } from '@rt/core';
import type { ConnectionRequest, Logger, User } from '@rt/core';
import { describe, expect, it, vi } from 'vitest';
import { HOSTILE_NAMES } from './json-values.ts';
import { newInstance, RawClient, randomName } from './raw-client.ts';
import { API_KEY, startServer } from './server.ts';

/** Bytes that begin a new line or talk to a terminal: C0 and C1 controls, DEL, and the two line separators. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const NASTY = 'a\r\nb\u001b[31mc\u009b2Jd\u007fe\u2028f\u2029g\u0000h\u0085i';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

/** A logger that keeps everything. */
function recordingLogger(): { logger: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
    void lines.push({ level, message, fields });
  return { logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}

/** What `consoleLogger` writes for `call`. */
function writtenBy(call: (logger: Logger) => void): string {
  const texts: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    texts.push(String(text));
    return true;
  });
  try {
    call(consoleLogger('debug'));
  } finally {
    spy.mockRestore();
  }
  return texts.join('');
}

describe('W11: secrets', () => {
  it('W11: tokens, cookies, instances, the API key and message data are in no log line, no answer and no error', async () => {
    const { logger, lines } = recordingLogger();
    const secrets = {
      token: 'SECRET-token-4711',
      renewed: 'SECRET-renewed-4712',
      wrong: 'SECRET-wrong-4713',
      cookie: 'SECRET-cookie-4714',
      instance: newInstance(),
      data: 'SECRET-data-4715',
      key: `SECRET-key-4716-${randomName('')}`,
      wrongKey: 'SECRET-key-4717-of-nobody',
      query: 'SECRET-query-4718',
      id: 'SECRET-publish-id-4719',
    };
    const { realtime, port } = await startServer({
      apiKey: secrets.key,
      logger,
      limits: { messageBurst: 1_000 },
      authenticate: ({ token }) => {
        if (token === undefined || token === secrets.wrong) return undefined;
        return { id: 'ann' };
      },
    });
    realtime.authorize('private-*', () => {
      throw new Error('the database is down');
    });
    realtime.handle('room.*', 'fails', () => {
      throw new Error('a mistake');
    });
    realtime.on('subscribed', () => {
      throw new Error('a mistake of a listener');
    });
    const heard: string[] = [];
    const lines0 = { extra: [`Cookie: session=${secrets.cookie}`], path: `/realtime/ws?token=${secrets.query}` };
    const opening = { token: secrets.token, instance: secrets.instance, lines: lines0 };
    const client = await RawClient.open(port, opening);
    client.raw.socket.on('data', (bytes: Buffer) => heard.push(bytes.toString()));
    const channel = randomName();
    await client.subscribe(channel);
    await client.request('send', channel, 'event', secrets.data, secrets.id);
    await client.request('send', channel, 'fails', secrets.data, secrets.id);
    await client.request('sub', 'private-x');
    client.send(['auth', secrets.renewed]);
    await client.next('auth');
    await client.request('unknown', secrets.data);
    client.sendText(`["send",99,"${secrets.data} ","event",0]`);
    await client.next('err');
    client.sendText(`["history",1,"room.1",{"limit":"${secrets.data}"}]`);
    await client.ending();
    for (const token of [secrets.wrong, secrets.token]) {
      const refused = await RawClient.connecting(port, { token, lines: lines0 });
      refused.sendText(`not json ${secrets.data}`);
      await refused.ending();
      heard.push(...refused.received.takeAll().map((frame) => JSON.stringify(frame)));
    }
    heard.push(...(await answersTo(port, secrets)));
    expect(lines.length).toBeGreaterThan(2);
    const said = JSON.stringify(lines) + heard.join('\n');
    expect(said).toContain('FORBIDDEN');
    for (const [name, secret] of Object.entries(secrets)) expect(said.includes(secret), name).toBe(false);
  });

  it('W11: what the application throws is logged without the tokens, cookies and queries that it quotes', async () => {
    const { logger, lines } = recordingLogger();
    const cookie = 'SECRET/cookie=4714';
    const path = '/realtime/ws?key=SECRET-query-4718';
    const tokens = { first: 'SECRET-first-4711', renewed: 'SECRET-renewed-4712', broken: 'SECRET-broken-4713' };
    const { realtime, port } = await startServer({
      logger,
      authenticate: ({ token, request }) => {
        if (token !== tokens.broken) return { id: 'ann', token, request };
        throw new Error(
          `no answer for ${token}, ${request.headers.cookie}, ${request.headers.authorization}, ${request.url}`,
        );
      },
    });
    const quote = (user: User | undefined): string => {
      const { headers, url } = user!['request'] as ConnectionRequest;
      const values = [user!['token'], headers.cookie, decodeURIComponent(headers.cookie!), headers.authorization, url];
      return `the mistake: ${values.join(' ')}`;
    };
    realtime.authorize('private-*', async ({ user }) => Promise.reject(new TypeError(quote(user))));
    realtime.handle('room.*', 'fails', ({ user }) => Promise.reject(new Error(quote(user))));
    realtime.on('subscribed', ({ connection }) => {
      throw new Error(quote(connection.user));
    });
    const extra = [
      `Cookie: theme=dark; session=${encodeURIComponent(cookie)}`,
      'Authorization: Bearer SECRET-bearer-4719',
    ];
    const client = await RawClient.open(port, { token: tokens.first, lines: { extra, path } });
    for (const renewed of [undefined, tokens.renewed]) {
      if (renewed !== undefined) {
        client.send(['auth', renewed]);
        await client.next('auth');
      }
      await client.request('sub', 'private-x');
      await client.request('sub', 'room.1');
      await client.request('send', 'room.1', 'fails', 0);
    }
    client.send(['auth', tokens.broken]);
    await client.next('err');
    const refused = await RawClient.connecting(port, { token: tokens.broken, lines: { extra, path } });
    await refused.ending();
    const said = JSON.stringify(lines);
    for (const what of ['TypeError: the mistake', 'Error: no answer for [hidden]', '[hidden]'])
      expect(said).toContain(what);
    expect(new Set(lines.map(({ message }) => message))).toEqual(
      new Set([
        'a listener of "subscribed" failed',
        'an authorizer failed',
        'a message handler failed',
        'authenticate failed',
      ]),
    );
    expect(said).not.toMatch(/SECRET|471\d/);
  });

  it('W11: options that are refused say neither the API key nor the TLS key', async () => {
    const { Realtime } = await import('@rt/core');
    const short = 'SECRET-short';
    for (const options of [
      { apiKey: short },
      { apiKey: 1_234_567 },
      { tls: { key: short } },
      { apiKey: `${short} with spaces` },
    ]) {
      let text = '';
      try {
        expect(new Realtime(options as never)).toBeUndefined();
      } catch (error) {
        text = `${String(error)} ${JSON.stringify(error)}`;
      }
      expect(text).toContain('BAD_OPTION');
      expect(text).not.toContain('SECRET');
      expect(text).not.toContain('1234567');
    }
  });
});

describe('W11: log lines', () => {
  it('W11: one event is one line, and no name or error text reaches it raw', () => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      const text = writtenBy((logger) =>
        logger[level]('something happened', { channel: NASTY, error: NASTY, [NASTY]: 1 }),
      );
      expect(text.endsWith('\n')).toBe(true);
      expect(text.slice(0, -1)).not.toMatch(CONTROLS);
      expect(text).toContain('something happened');
    }
  });

  it('W11: each thing that fails on behalf of a client is one call of the logger', async () => {
    const { logger, lines } = recordingLogger();
    const { realtime, port } = await startServer({
      logger,
      limits: { messageBurst: 1_000 },
      authenticate: ({ token }) => {
        if (token === 'throws') throw new Error(NASTY);
        return undefined;
      },
    });
    realtime.authorize('private-*', () => Promise.reject(new Error(NASTY)));
    realtime.handle('room.*', 'fails', () => Promise.reject(new Error(NASTY)));
    const client = await RawClient.open(port);
    expect(lines).toEqual([]);
    // oxlint-disable-next-line no-misused-promises -- what applications do all the same
    realtime.on('subscribed', async ({ channel }) => {
      if (channel === 'room.async') throw new Error(NASTY);
    });
    const steps: Record<string, () => Promise<unknown>> = {
      'an authorizer': () => client.request('sub', 'private-x'),
      'an async listener': () => client.request('sub', 'room.async'),
      'a handler': () => client.request('send', 'room.1', 'fails', 0),
      authenticate: async () => (await RawClient.connecting(port, { token: 'throws' })).ending(),
    };
    for (const [what, run] of Object.entries(steps)) {
      lines.length = 0;
      await run();
      expect(
        lines.map(({ level }) => level),
        what,
      ).toEqual(['error']);
      expect(lines[0]!.message, what).not.toMatch(CONTROLS);
      const written = writtenBy((log) => log.error(lines[0]!.message, lines[0]!.fields));
      expect(written.slice(0, -1), what).not.toMatch(CONTROLS);
    }
  });

  it('W11: what clients do wrong is told to them and fills no log', async () => {
    const { logger, lines } = recordingLogger();
    const { port } = await startServer({ logger, limits: { messageBurst: 10_000 } });
    const client = await RawClient.open(port);
    for (const name of [NASTY, ...HOSTILE_NAMES, 'private-x', 'user.ann', 'x'.repeat(5_000)]) {
      await client.request('sub', name);
      await client.request('send', name, 'event', 0);
      await client.request('send', 'room.1', name, 0);
    }
    client.sendText(NASTY);
    await client.ending();
    const refused = await RawClient.connecting(port, { token: NASTY });
    await refused.ending();
    await fetch(`http://127.0.0.1:${port}/realtime/${encodeURIComponent(NASTY)}`);
    expect(lines).toEqual([]);
  });
});

/** Every HTTP answer that secrets can be sent to: head and body. */
async function answersTo(port: number, secrets: Readonly<Record<string, string>>): Promise<string[]> {
  const base = `http://127.0.0.1:${port}/realtime`;
  const headers = { 'content-type': 'application/json', cookie: `session=${secrets['cookie']}` };
  const keys = [secrets['wrongKey'], secrets['key'], API_KEY];
  const bodies = [
    JSON.stringify({ channel: 'room.1', event: 'event', data: secrets['data'] }),
    JSON.stringify({ channel: 'room.1', event: 'event', except: { instance: secrets['instance'], user: 'ann' } }),
    JSON.stringify({ channel: secrets['data'] + ' ', event: 'event' }),
    JSON.stringify({ channel: 1, event: secrets['data'] }),
    `{"data":"${secrets['data']}`,
  ];
  const requests = [
    ...['live', 'ready', 'nowhere', 'ws', 'client.js', 'api/v1/broadcast'].map((path) =>
      fetch(`${base}/${path}?token=${secrets['query']}`, { headers }),
    ),
    ...keys.flatMap((key) =>
      bodies.map((body) =>
        fetch(`${base}/api/v1/broadcast?key=${secrets['query']}`, {
          method: 'POST',
          headers: { ...headers, authorization: `Bearer ${key}` },
          body,
        }),
      ),
    ),
  ];
  const answers = await Promise.all(requests);
  return Promise.all(answers.map(async (answer) => JSON.stringify([...answer.headers]) + (await answer.text())));
}
