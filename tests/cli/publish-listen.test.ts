import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProjectFolder } from './project-folder.ts';
import { endAll, RtProcess, runRt, serveRt } from './rt-process.ts';

const KEY = 'a-key-of-the-tests-only';
const CONFIG = `export default {
  port: 0,
  apiKey: '${KEY}',
  limits: { maxMessageBytes: 1024 },
  channels: { 'chat.*': { send: true } },
  authenticate: ({ token }) => (token === 'ada' ? { id: 'ada' } : undefined),
  setup: (realtime) => realtime.on('subscribed', ({ connection, channel }) => {
    if (connection.user !== undefined) void realtime.broadcast(channel, 'greeted', connection.user.id);
  }),
};`;
const folder = new ProjectFolder({ 'rt.config.ts': CONFIG });
const env: Record<string, string> = { REALTIME_API_KEY: KEY };

async function listening(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<RtProcess> {
  const rt = new RtProcess(['listen', ...args], { env: { ...env, ...more } });
  await rt.err(/listening to .*\n/);
  return rt;
}

async function publishRefused(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await runRt(['publish', ...args], { env: { ...env, ...more } });
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^.+\n$/) });
  return stderr.trimEnd();
}

beforeAll(async () => {
  env['REALTIME_URL'] = (await serveRt([], { cwd: folder.path })).url;
});

afterAll(async () => {
  await endAll();
  folder.remove();
});

/** Where nobody listens any more. */
async function deserted(): Promise<string> {
  let left = '';
  await withHttpServer(200, async (url) => {
    left = url;
    await Promise.resolve();
  });
  return left;
}

/** An HTTP server that is none of ours, while `use` runs. */
async function withHttpServer(status: number, use: (url: string) => Promise<void>): Promise<void> {
  const other: Server = createServer((_req, res) => res.writeHead(status).end('<h1>hello</h1>')).listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  await use(`http://127.0.0.1:${(other.address() as AddressInfo).port}`);
  other.closeAllConnections();
  await new Promise((resolve) => other.close(resolve));
}

describe('rt publish and rt listen', () => {
  it('print the id, and the message in one line', async () => {
    const listener = await listening(['chat.1', 'chat.2']);
    await listener.err(/listening to chat\.2/);
    const { code, stdout, stderr } = await runRt(['publish', 'chat.2', 'message.sent', '{"text":"hi"}'], { env });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expect.stringMatching(/^\S+\n$/), stderr: '' });
    await listener.out(/^\d\d:\d\d:\d\d chat\.2 message\.sent \{"text":"hi"\}\n$/);
    expect(listener.stderr).toMatch(/^connecting\nopen\nlistening to /);
    listener.kill('SIGINT');
    expect(await listener.ended).toBe(0);
  });

  it('print JSON where asked to', async () => {
    const listener = await listening(['chat.1', '--json']);
    const { stdout } = await runRt(['publish', 'chat.1', 'message.sent', '-', '--json'], { env, input: ' [1, "a"] ' });
    const [line] = await listener.out(/^.*\n/);
    const at = expect.any(Number) as unknown;
    const { id } = JSON.parse(stdout) as { id: string };
    expect(JSON.parse(line)).toEqual({ channel: 'chat.1', event: 'message.sent', data: [1, 'a'], id, at });
  });

  it('send no data where none is given', async () => {
    const listener = await listening(['chat.1']);
    await runRt(['publish', 'chat.1', 'typing.started'], { env });
    await listener.out(/ chat\.1 typing\.started null\n/);
  });

  it('take the URL with and without a path, and over ws:', async () => {
    const url = env['REALTIME_URL']!;
    const listener = await listening(['chat.1', '--url', `${url.replace('http', 'ws')}/realtime/`]);
    const { code } = await runRt(['publish', 'chat.1', 'a', '--url', `${url.replace('http', 'ws')}/realtime/`], {
      env,
    });
    expect(code).toBe(0);
    await listener.out(/ a null\n/);
  });

  it('write what could steer the terminal as its code', async () => {
    const [text, json] = [await listening(['chat.1']), await listening(['chat.1', '--json'])];
    const data = JSON.stringify('\u001b[31m\u009b1m\u202e');
    await runRt(['publish', 'chat.1', 'a', data], { env });
    await text.out(/ a "\\u001b\[31m\\u009b1m\\u202e"\n/);
    const [line] = await json.out(/^.*\n/);
    expect(JSON.parse(line)).toMatchObject({ data: '\u001b[31m\u009b1m\u202e' });
  });

  it('knows who listens by the token', async () => {
    const listener = await listening(['chat.1'], { REALTIME_TOKEN: 'ada' });
    await listener.out(/ chat\.1 greeted "ada"\n/);
  });

  it('ends quietly when nobody reads any more', async () => {
    const listener = await listening(['chat.1']);
    listener.child.stdout.destroy();
    await runRt(['publish', 'chat.1', 'a'], { env });
    expect(await listener.ended).toBe(0);
    expect(listener.stderr).toBe('connecting\nopen\nlistening to chat.1\n');
  });
});

describe('rt publish says in one line what went wrong:', () => {
  it('what the server refused', async () => {
    expect(await publishRefused(['chat 1', 'a'])).toMatch(/^BAD_NAME: \S/);
    expect(await publishRefused(['chat.1', 'a', '--key', 'another-key-than-it'])).toMatch(/^UNAUTHENTICATED: \S/);
    expect(await publishRefused(['chat.1', 'a', JSON.stringify('x'.repeat(2_000))])).toMatch(/^TOO_LARGE: \S/);
  });

  it('no API key on the server', async () => {
    const { url } = await serveRt();
    expect(await publishRefused(['chat.1', 'a', '--url', url])).toMatch(
      /^NOT_FOUND: .*the server has no API key configured/,
    );
  });

  it('no server', async () => {
    const url = await deserted();
    expect(await publishRefused(['chat.1', 'a', '--url', url])).toBe(
      `no server answers at ${url}/realtime (ECONNREFUSED): start one with "rt serve", or correct --url`,
    );
  });

  it('another server', async () => {
    await withHttpServer(200, async (url) => {
      const line = await publishRefused(['chat.1', 'a', '--url', url]);
      expect(line).toContain(`answered 200 in words that are not an rt server's: correct --url`);
    });
  });
});

describe('rt listen', () => {
  it('ends with 1 when a channel or token is refused, comes back otherwise', async () => {
    const channel = await runRt(['listen', 'chat.1', 'private-chat.1'], { env });
    expect(channel.code).toBe(1);
    expect(channel.stderr.match(/^[A-Z_]+: .*$/gm)).toEqual([expect.stringMatching(/^FORBIDDEN: \S/)]);
    const token = await runRt(['listen', 'chat.1', '--token', 'eve'], { env });
    expect({ code: token.code, stdout: token.stdout }).toEqual({ code: 1, stdout: '' });
    expect(token.stderr.match(/^[A-Z_]+: .*$/gm)).toEqual([expect.stringMatching(/^UNAUTHENTICATED: \S/)]);
    const url = await deserted();
    const absent = new RtProcess(['listen', 'chat.1', '--url', url]);
    await absent.err(/^connecting\nwaiting: .+\nconnecting\n/);
    expect(absent.stderr).toMatch(`\nwaiting: no rt server answers at ${url}/realtime, trying again in `);
    absent.kill('SIGTERM');
    expect(await absent.ended).toBe(0);
  });
});
