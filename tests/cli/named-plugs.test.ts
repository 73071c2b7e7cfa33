import { defineConfig } from '@rt/cli';
import { RealtimeClient } from '@rt/client';
import { memoryBroker } from '@rt/core';
import { websocket } from '@rt/transport-ws';
import { afterEach, describe, expect, it } from 'vitest';
import { ProjectFolder } from './project-folder.ts';
import { endAll, runRt, serveRt } from './rt-process.ts';
import type { RtProcess } from './rt-process.ts';

let folder: ProjectFolder | undefined;

afterEach(async () => {
  await endAll();
  folder?.remove();
  folder = undefined;
});

interface Given {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Writes a config and runs what is there for it. */
function project(config: string): string {
  folder?.remove();
  folder = new ProjectFolder({
    'rt.config.ts': `
      import { defineConfig } from '@rt/cli';
      import { memoryBroker } from '@rt/core';
      import { websocket } from '@rt/transport-ws';
      export default ${config};`,
  });
  return folder.path;
}

async function serving(config: string, { args = [], env = {} }: Given = {}): Promise<RtProcess> {
  return (await serveRt(args, { cwd: project(config), env })).rt;
}

async function refused(config: string, { args = [], env = {} }: Given = {}): Promise<string> {
  const { code, stderr } = await runRt(['serve', '--port', '0', ...args], { cwd: project(config), env });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^.+\n$/) });
  return stderr.trimEnd();
}

const BROKERS = `defineConfig({
  brokers: {
    first: memoryBroker(),
    second: async () => memoryBroker(),
    unused: () => { throw new Error('nobody asked for this one'); },
  },
  defaultBroker: 'first',
})`;

describe('brokers of rt.config.ts', () => {
  it('are used by name: the default one, or another by environment or flag', async () => {
    expect((await serving(BROKERS)).stdout).toMatch(/^ {2}broker {5}first, of rt\.config\.ts$/m);
    const env = { REALTIME_BROKER: 'second' };
    expect((await serving(BROKERS, { env })).stdout).toMatch(/^ {2}broker {5}second, of rt\.config\.ts$/m);
    expect((await serving(BROKERS, { env, args: ['--broker=first'] })).stdout).toContain('first, of');
    expect((await serving(BROKERS, { args: ['--broker=memory'] })).stdout).toContain('memory: this process only');
  });

  it('are made only when they are used', async () => {
    expect(await refused(BROKERS, { args: ['--broker=unused'] })).toBe(
      `rt.config.ts: brokers["unused"] can't be made: nobody asked for this one`,
    );
  });

  it('need no default where there is one, or where broker names it', async () => {
    expect((await serving('{ brokers: { only: memoryBroker() } }')).stdout).toContain('only, of rt.config.ts');
    const named = '{ brokers: { one: memoryBroker(), two: memoryBroker() }, broker: "two" }';
    expect((await serving(named)).stdout).toContain('two, of rt.config.ts');
    expect((await serving('{ brokers: {} }')).stdout).toContain('memory: this process only');
    expect((await serving('{ broker: memoryBroker() }')).stdout).toContain('memory, of rt.config.ts');
  });

  it('mean their own where they are called as one that is built in', async () => {
    const config = '{ brokers: { redis: memoryBroker() }, defaultBroker: "redis" }';
    expect((await serving(config)).stdout).toContain('redis, of rt.config.ts');
  });

  it('that can not start say why in one line', async () => {
    const broken =
      "{ ...memoryBroker(), name: 'mine', close: async () => {}, start: async () => { throw new Error('no way.'); } }";
    const methods = 'subscribe: async () => {}, unsubscribe: async () => {}, publish: async () => {}, health: () => {}';
    expect(await refused(`{ broker: { ...${broken}, ${methods} } }`)).toBe(
      'no way: start what it needs, or correct it in rt.config.ts',
    );
  });

  it.each([
    [
      'an unknown default',
      '{ brokers: { main: memoryBroker() }, defaultBroker: "mian" }',
      'rt.config.ts: there is no broker "mian": use main, memory, redis, nats, rabbitmq, or null',
    ],
    [
      'several without a default',
      '{ brokers: { one: memoryBroker(), two: memoryBroker() } }',
      'rt.config.ts: which of the brokers one, two is to be used? Say so with defaultBroker',
    ],
    ['two defaults', '{ broker: "memory", defaultBroker: "memory" }', /broker and defaultBroker say the same/],
    ['a default that is no name', '{ defaultBroker: 1 }', 'rt.config.ts: defaultBroker is 1: use a name'],
    ['a list', '{ brokers: [memoryBroker()] }', /^rt\.config\.ts: brokers is no object: use \{ main: redisBroker\(\)/],
    [
      'a name that no flag can say',
      '{ brokers: { "a,b": memoryBroker() } }',
      /brokers has the name "a,b": use letters/,
    ],
    [
      'options in the place of a broker',
      '{ brokers: { redis: { url: "redis://:secret@127.0.0.1" } } }',
      /^rt\.config\.ts: brokers\["redis"\] is no broker: use \{ main: redisBroker\(\)/,
    ],
    ['options as the broker', '{ broker: { password: "secret" } }', /^rt\.config\.ts: broker is neither a name nor a/],
    [
      'a function that makes something else',
      '{ brokers: { main: () => ({ password: "secret" }) } }',
      /^rt\.config\.ts: brokers\["main"\] makes something else: return/,
    ],
  ])('refuse %s', async (_name, config, message) => {
    const line = await refused(config);
    if (typeof message === 'string') expect(line).toBe(message);
    else expect(line).toMatch(message);
    expect(line).not.toContain('secret');
  });

  it('names those that there are where a flag or variable is wrong', async () => {
    const line = 'there is no broker "third": use first, second, unused, memory, redis, nats, rabbitmq, or null';
    expect(await refused(BROKERS, { args: ['--broker=third'] })).toBe(line);
    expect(await refused(BROKERS, { env: { REALTIME_BROKER: 'third' } })).toBe(line);
    expect(await refused(BROKERS, { args: ['--broker=toString'] })).toMatch(/^there is no broker "toString"/);
  });
});

const TRANSPORTS = `defineConfig({
  transports: { inner: () => Object.assign(websocket(), { path: '/inner' }), outer: websocket() },
  defaultTransport: 'outer',
})`;
const ALL = TRANSPORTS.replace(/defaultTransport.*/, '');

describe('transports of rt.config.ts', () => {
  const rows = ({ stdout }: RtProcess): readonly (string | undefined)[] =>
    [...stdout.matchAll(/^ {2}\w+ +(?:ws|http):.*(\/\w+)$/gm)].map(([, path]) => path);

  it('are used by name: all, the default ones, or others by environment or flag', async () => {
    expect(rows(await serving(ALL))).toEqual(['/inner', '/ws']);
    expect(rows(await serving(TRANSPORTS))).toEqual(['/ws']);
    const env = { REALTIME_TRANSPORT: 'inner' };
    expect(rows(await serving(TRANSPORTS, { env }))).toEqual(['/inner']);
    expect(rows(await serving(TRANSPORTS, { env, args: ['--transport=outer,inner'] }))).toEqual(['/ws', '/inner']);
    expect(rows(await serving(TRANSPORTS, { env, args: ['--transport=websocket'] }))).toEqual(['/ws']);
    expect(rows(await serving("{ defaultTransport: ['websocket'] }"))).toEqual(['/ws']);
  });

  it('are the built-in ones by name, all of them by one, and those of the config where they have the same name', async () => {
    const env = { REALTIME_TRANSPORT: 'sse,longpolling' };
    expect(rows(await serving('{}', { args: ['--transport=all'] }))).toEqual(['/ws', '/sse', '/poll']);
    expect(rows(await serving('{}', { env }))).toEqual(['/sse', '/poll']);
    expect(rows(await serving("{ transports: ['all', 'websocket'] }"))).toEqual(['/ws', '/sse', '/poll']);
    const own = "{ transports: { sse: () => Object.assign(websocket(), { path: '/mine' }) } }";
    expect(rows(await serving(own, { args: ['--transport=all'] }))).toEqual(['/ws', '/mine', '/poll']);
  });

  it.each([
    [
      'an unknown default',
      '{ transports: { main: websocket() }, defaultTransport: ["main", "mian"] }',
      'rt.config.ts: there is no transport "mian": use main, websocket, sse, longpolling, or all',
    ],
    ['a default that is no name', '{ defaultTransport: [] }', /^rt\.config\.ts: defaultTransport is \[\]: use a name/],
    [
      'a default for a list',
      '{ transports: ["websocket"], defaultTransport: "websocket" }',
      /chooses among transports/,
    ],
    ['none', '{ transports: {} }', "rt.config.ts: transports is empty: use ['websocket']"],
    [
      'what is no transport',
      '{ transports: { main: 1 } }',
      /^rt\.config\.ts: transports\["main"\] is no transport: use/,
    ],
    ['a list of others', '{ transports: [1] }', /^rt\.config\.ts: transports has one that is neither a name nor a/],
  ])('refuse %s', async (_name, config, message) => {
    const line = await refused(config);
    if (typeof message === 'string') expect(line).toBe(message);
    else expect(line).toMatch(message);
  });
});

describe('defineConfig', () => {
  it('takes no name that there is not', () => {
    const [brokers, transports] = [{ main: memoryBroker(), other: () => memoryBroker() }, { main: websocket() }];
    defineConfig({ brokers, transports, defaultBroker: 'other', defaultTransport: ['main', 'websocket'] });
    defineConfig({ brokers, broker: 'main' });
    // @ts-expect-error -- a name that is not in brokers
    const wrong = defineConfig({ brokers, defaultBroker: 'mian' });
    // @ts-expect-error -- nor built in
    defineConfig({ broker: 'mian' });
    // @ts-expect-error -- a name that is not in transports
    defineConfig({ transports, defaultTransport: 'mian' });
    expect(wrong.brokers).toBe(brokers);
  });
});

describe('the broker null', () => {
  const config = `{
    channels: { 'chat.*': { send: ['ask'] } },
    handlers: { 'chat.*': { ask: async (message) => {
      await realtime.broadcast('chat.1', 'told', 'everybody');
      await realtime.send(message.connection.id, 'done', null);
    } } },
    setup: (made) => { realtime = made; },
  }; let realtime`;

  it.each([
    ['null', []],
    ['memory', ['everybody']],
  ])('%s brings a broadcast to %j; handlers run, and one connection can be told', async (name, expected) => {
    const { rt, url } = await serveRt([], { cwd: project(config), env: { REALTIME_BROKER: name } });
    const client = new RealtimeClient(url);
    const heard: unknown[] = [];
    client.subscribe('chat.1').on('told', (data) => heard.push(data));
    const done = new Promise((resolve) => client.direct.on('done', resolve));
    await client.send('chat.1', 'ask', null);
    await done;
    expect(heard).toEqual(expected);
    client.close();
    expect(rt.stdout.includes('broker     null: messages go nowhere')).toBe(name === 'null');
  });

  it('keeps no history, and so is refused where a rule asks for it', async () => {
    const rule = "{ channels: { 'chat.*': { history: { size: 10, ttlMs: 1000 } } } }";
    expect(await refused(rule, { args: ['--broker=null'] })).toMatch(
      /asks for history, and the broker null keeps none/,
    );
  });
});
