import { defineConfig } from '@rt/cli';
import { RealtimeClient } from '@rt/client';
import { afterEach, describe, expect, it } from 'vitest';
import { RawSocket } from '../hardening/raw-socket.ts';
import { ProjectFolder } from './project-folder.ts';
import { endAll, runRt, serveRt } from './rt-process.ts';

let folder: ProjectFolder | undefined;

function project(files: Readonly<Record<string, string>>): string {
  folder = new ProjectFolder(files);
  return folder.path;
}

afterEach(async () => {
  await endAll();
  folder?.remove();
  folder = undefined;
});

const CHAT = `
import { defineConfig } from '@rt/cli';
import { websocket } from '@rt/transport-ws';

interface Sent { readonly text: string }

export default defineConfig({
  port: 0,
  basePath: '/live',
  transports: [websocket()],
  broker: 'memory',
  channels: { 'chat.*': { send: ['message.sent'] } },
  authorizers: { 'private.{room}': ({ params }) => params['room'] === 'open' },
  handlers: {
    'chat.*': {
      'message.sent': async (message) => {
        const { text } = message.data as unknown as Sent;
        await message.relay({ text: text.toUpperCase() });
      },
    },
  },
  methods: { double: ({ input }) => Number(input) * 2 },
  setup: async (realtime) => {
    await Promise.resolve();
    realtime.on('subscribed', ({ channel }) => console.error('somebody is in ' + channel));
  },
});
`;

describe('rt.config.ts', () => {
  it('is what defineConfig was given', () => {
    const config = { port: 8080, transports: ['websocket'], broker: 'memory' } as const;
    expect(defineConfig(config)).toBe(config);
  });

  it('gives options, authorizers, handlers, methods and setup', async () => {
    const { rt, url } = await serveRt(['--port', '0'], { cwd: project({ 'rt.config.ts': CHAT }) });
    const [ada, bob] = [new RealtimeClient(`${url}/live`), new RealtimeClient(`${url}/live`)];
    const heard = new Promise((resolve) => bob.subscribe('chat.1').on('message.sent', resolve));
    await bob.subscribe('chat.1').subscribed;
    await rt.err(/somebody is in chat\.1/);
    await ada.send('chat.1', 'message.sent', { text: 'hi' });
    expect(await heard).toEqual({ text: 'HI' });
    await expect(ada.send('chat.1', 'other', 1)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await ada.call('double', 21)).toBe(42);
    ada.on('error', () => undefined);
    await ada.subscribe('private.open').subscribed;
    await expect(ada.subscribe('private.closed').subscribed).rejects.toMatchObject({ code: 'FORBIDDEN' });
    ada.close();
    bob.close();
  });

  it('gives the proxies to trust and the limit of an address', async () => {
    const text = "export default { trustProxy: ['loopback'], limits: { connectionsPerAddress: 1 } };";
    const { url } = await serveRt(['--port', '0'], { cwd: project({ 'rt.config.ts': text }) });
    const port = Number(new URL(url).port);
    const statuses: number[] = [];
    for (const address of ['203.0.113.1', '203.0.113.2', '203.0.113.1']) {
      const socket = await RawSocket.open(port);
      statuses.push((await socket.upgrade(port, { extra: [`X-Forwarded-For: ${address}`] })).status);
    }
    expect(statuses).toEqual([101, 101, 429]);
  });

  it.each(['rt.config.js', 'rt.config.mjs'])('may be %s', async (name) => {
    const cwd = project({ [name]: 'export default { port: 0, basePath: "/mine" };' });
    const { rt } = await serveRt([], { cwd });
    expect(rt.stdout).toContain('/mine/client.js');
  });

  it('loses to the environment, which loses to flags', async () => {
    const config = "export default { port: 0, broker: 'pigeon', transports: ['sse'], apiKey: 'the-key-of-the-config' }";
    const options = { cwd: project({ 'chat.ts': config }), env: { REALTIME_BROKER: 'none', REALTIME_API_KEY: '' } };
    const args = ['--config', 'chat.ts', '--transport', 'websocket'];
    expect((await runRt(['serve', ...args], { cwd: options.cwd })).stderr).toContain(
      'chat.ts: there is no broker "pigeon"',
    );
    expect((await runRt(['serve', ...args], options)).stderr).toMatch(/^there is no broker "none"/);
    const { rt } = await serveRt([...args, '--broker', 'null'], options);
    // An empty variable is none.
    expect(rt.stdout).toMatch(/HTTP API +http.*\/api\/v1/);
  });

  it('has defaults for what it leaves out', async () => {
    const { rt, url } = await serveRt();
    expect(rt.stdout).toBe(
      [
        `rt 0.1.0 listens on ${url}`,
        `  websocket  ${url.replace('http', 'ws')}/realtime/ws`,
        `  script     ${url}/realtime/client.js`,
        '  HTTP API   off: give --api-key or REALTIME_API_KEY to turn it on',
        '  broker     memory: this process only',
        '',
      ].join('\n'),
    );
  });

  it.each([
    [
      'a syntax error',
      'export default {\n  port: 0,\n  host: = 1,\n};',
      /^rt\.config\.ts:3: .+: correct it and start again$/,
    ],
    [
      'no default export',
      'export const port = 1;',
      'rt.config.ts: has no config as its default export: write "export default defineConfig({ … })"',
    ],
    [
      'an import that is not there',
      'import "not-installed-anywhere"; export default {};',
      /^rt\.config\.ts.*Cannot find package 'not-installed-anywhere'.*: install it/,
    ],
    ['code that throws', '\nthrow new Error("no database");', /^rt\.config\.ts:2: no database/],
    ['an unknown option', 'export default { prot: 1 };', /^rt\.config\.ts: the options of Realtime: .*"prot"/],
    [
      'a wrong option',
      'export default { anonymous: "yes" };',
      /^rt\.config\.ts: the option "anonymous" of Realtime is "yes": /,
    ],
    [
      'trust in everybody',
      'export default { trustProxy: true };',
      /^rt\.config\.ts: the option "trustProxy" of Realtime is true: false, how many proxies there are \(1 to 16\), or /,
    ],
    [
      'a wrong port',
      'export default { port: "80" };',
      'rt.config.ts: port is "80": use a whole number from 0 to 65535',
    ],
    ['a wrong host', 'export default { host: 1 };', /^rt\.config\.ts: host is 1: /],
    [
      'a wrong log level',
      'export default { logLevel: "loud" };',
      /^rt\.config\.ts: logLevel is "loud": use debug, info, /,
    ],
    ['a wrong drain time', 'export default { drainMs: 1.5 };', /^rt\.config\.ts: drainMs is 1.5: /],
    ['a wrong setup', 'export default { setup: true };', 'rt.config.ts: setup is true: use a function'],
    [
      'authorizers that are none',
      'export default { authorizers: { a: 1 } };',
      /^rt\.config\.ts: authorizers\["a"\] is 1: use \{/,
    ],
    ['methods that are none', 'export default { methods: { a: 1 } };', /^rt\.config\.ts: methods\["a"\] is 1: use \{/],
    ['handlers that are none', 'export default { handlers: [1] };', /^rt\.config\.ts: handlers\["0"\] is 1: use \{/],
    [
      'a handler that is none',
      'export default { handlers: { a: { b: 1 } } };',
      /^rt\.config\.ts: handlers\["a"\]\["b"\] is 1: use \{/,
    ],
    [
      'a handler of a bad pattern',
      'export default { handlers: { "a.*.b": { b() {} } } };',
      /^rt\.config\.ts: .*a\.\*\.b/,
    ],
    [
      'an unknown transport',
      'export default { transports: ["pigeon"] };',
      'rt.config.ts: there is no transport "pigeon": use websocket, sse, longpolling, or all',
    ],
    ['no transport', 'export default { transports: [] };', /^rt\.config\.ts: transports is empty/],
    [
      'an unknown broker',
      'export default { broker: "x" };',
      'rt.config.ts: there is no broker "x": use memory, redis, nats, rabbitmq, or null',
    ],
  ])('refuses %s in one line', async (_name, text, message) => {
    const { code, stderr } = await runRt(['serve', '--port', '0'], { cwd: project({ 'rt.config.ts': text }) });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^.+\n$/) });
    if (typeof message === 'string') expect(stderr.trimEnd()).toBe(message);
    else expect(stderr.trimEnd()).toMatch(message);
  });

  it('must be there where a flag names it', async () => {
    const { code, stderr } = await runRt(['serve', '--config', 'gone.ts'], { cwd: project({}) });
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'there is no config file gone.ts: correct --config\n' });
  });

  it('ends the command with 1 where its setup fails', async () => {
    const text = 'setInterval(() => {}, 1000); export default { setup() { throw new Error("no database"); } };';
    const { code, stderr } = await runRt(['serve'], { cwd: project({ 'rt.config.ts': text }) });
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'rt.config.ts: setup(realtime) failed: no database\n' });
  });
});
