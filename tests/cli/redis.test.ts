import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../servers/certificate.ts';
import { freePort } from '../servers/ports.ts';
import { startRedis } from '../servers/redis.ts';
import type { RedisServer } from '../servers/redis.ts';
import { ProjectFolder } from './project-folder.ts';
import { endAll, RtProcess, runRt, serveRt } from './rt-process.ts';
import type { RtOptions } from './rt-process.ts';

const KEY = 'a-key-of-the-tests-only';
/** With what a URL must escape. */
const PASSWORD = 'the password: 100% /secret@';
const folder = new ProjectFolder({
  'rt.config.ts': "export default { broker: 'memory', port: 0 };",
  'redis.config.ts': "export default { broker: 'redis', port: 0 };",
  'made.config.ts': `import { redisBroker } from '@rt/broker-redis';
    const url = process.env['URL_OF_MINE'];
    export default { brokers: { ready: redisBroker({ url }), made: () => redisBroker({ url }) } };`,
  // Says on standard error that the client of Redis is loaded.
  'spy.mjs': `import { registerHooks } from 'node:module';
    registerHooks({ resolve(name, context, next) {
      if (name === 'ioredis') process.stderr.write('loads ioredis\\n');
      return next(name, context);
    } });`,
});
let redis: RedisServer;
let locked: RedisServer;

beforeAll(async () => {
  [redis, locked] = await Promise.all([startRedis(), startRedis({ password: PASSWORD })]);
});
afterEach(endAll);
afterAll(async () => {
  await Promise.all([redis.stop(), locked.stop()]);
  folder.remove();
});

function at({ port }: RedisServer, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(port), ...more };
}

/** Serves from the folder; the arguments say with which broker. */
async function serving(args: readonly string[], env: Readonly<Record<string, string>>): Promise<RtProcess> {
  return (await serveRt(args, { cwd: folder.path, env })).rt;
}

async function refused(args: readonly string[], env: RtOptions['env'] = {}): Promise<string> {
  const { code, stdout, stderr } = await runRt(['serve', '--port', '0', ...args], { cwd: folder.path, env });
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^.+\n$/) });
  return stderr.trimEnd();
}

describe('rt serve --broker=redis', () => {
  it('brings a message from one server to the clients of another', async () => {
    const env = { ...at(redis), REALTIME_API_KEY: KEY };
    const servers = await Promise.all([0, 1].map(() => serveRt(['--broker=redis'], { cwd: folder.path, env })));
    const [one, other] = servers.map(({ url }) => url) as [string, string];
    const listener = new RtProcess(['listen', 'chat.1', '--url', other]);
    await listener.err(/listening to chat\.1\n/);
    const published = await runRt(['publish', 'chat.1', 'message.sent', '"hi"', '--url', one], { env });
    expect(published).toMatchObject({ code: 0, stderr: '' });
    await listener.out(/ chat\.1 message\.sent "hi"\n/);
    for (const { rt } of servers) rt.kill('SIGTERM');
    expect(await Promise.all(servers.map(({ rt }) => rt.ended))).toEqual([0, 0]);
  });

  it.each([
    ['by host and port', () => redis, at, 0],
    ['by URL', () => redis, ({ url }: RedisServer) => ({ REDIS_URL: url }), 0],
    ['in a database', () => redis, (server: RedisServer) => at(server, { REDIS_DB: '3' }), 3],
    [
      'in a database of the URL, an empty variable beside it',
      () => redis,
      ({ url }: RedisServer) => ({ REDIS_URL: `${url}/4`, REDIS_DB: '' }),
      4,
    ],
    ['with a password', () => locked, (server: RedisServer) => at(server, { REDIS_PASSWORD: PASSWORD }), 0],
    ['with the password in the URL', () => locked, ({ url }: RedisServer) => ({ REDIS_URL: url }), 0],
    [
      'with a user and password beside the URL',
      () => locked,
      ({ port }: RedisServer) => ({
        REDIS_URL: `redis://127.0.0.1:${port}`,
        REDIS_USERNAME: 'default',
        REDIS_PASSWORD: PASSWORD,
      }),
      0,
    ],
  ])('finds it %s, and says where', async (_name, which, env, database) => {
    const server = which();
    const rt = await serving(['--broker', 'redis'], env(server));
    const place = `127.0.0.1:${server.port}${database === 0 ? '' : `, database ${database}`}`;
    expect(rt.stdout).toContain(`\n  broker     redis at ${place}\n`);
    expect(rt.stdout + rt.stderr).not.toContain('secret');
    expect(await server.command('CLIENT', 'LIST')).toMatch(new RegExp(`name=rt-commands .* db=${database} `));
  });

  it('goes over TLS by URL where Node is told whom to trust, and says how that is told', async () => {
    await using certificate = await makeCertificate();
    await using server = await startRedis({ tls: certificate, password: PASSWORD });
    const env = { REDIS_URL: server.url };
    const rt = await serving(['--broker=redis'], { ...env, NODE_EXTRA_CA_CERTS: certificate.certFile });
    expect(rt.stdout).toContain(`\n  broker     redis at 127.0.0.1:${server.port}\n`);
    expect(await server.command('CLIENT', 'LIST')).toMatch(/name=rt-commands /);
    const { code, stderr } = await runRt(['serve', '--port', '0', '--broker=redis'], { cwd: folder.path, env });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/SELF_SIGNED_CERT.*NODE_EXTRA_CA_CERTS/);
    expect(stderr).not.toContain('secret');
  });

  it('is chosen by the config, which loses to the environment, which loses to the flag', async () => {
    const env = at(redis);
    expect((await serving([], env)).stdout).toContain('memory: this process only');
    expect((await serving(['--config', 'redis.config.ts'], env)).stdout).toContain('redis at ');
    expect((await serving([], { ...env, REALTIME_BROKER: 'redis' })).stdout).toContain('redis at ');
    const flag = await serving(['--broker=memory'], { ...env, REALTIME_BROKER: 'redis' });
    expect(flag.stdout).toContain('memory: this process only');
  });

  it.each(['ready', 'made'])('has no say in what the config makes itself (%s)', async (name) => {
    const args = ['--config=made.config.ts', `--broker=${name}`];
    const rt = await serving(args, { URL_OF_MINE: redis.url, REDIS_PORT: 'none' });
    expect(rt.stdout).toContain(`  broker     ${name}, of made.config.ts: redis at 127.0.0.1:${redis.port}\n`);
    const env = { URL_OF_MINE: `redis://:secret@127.0.0.1:${await freePort()}` };
    const line = await refused(args, env);
    expect(line).toMatch(
      /^can not use Redis at .* ECONNREFUSED .*: start what it needs, or correct it in made\.config\.ts$/,
    );
    expect(line).not.toContain('secret');
  });

  it('alone loads the client of Redis', async () => {
    const env = at(redis, { NODE_OPTIONS: `--import=${new URL(`file://${folder.path}/spy.mjs`).href}` });
    expect((await serving(['--broker=memory'], env)).stderr).not.toContain('ioredis');
    expect((await serving(['--broker=redis'], env)).stderr).toContain('loads ioredis');
  });

  it('logs when Redis goes and when it is back, and is not ready meanwhile', async () => {
    await using mine = await startRedis();
    const { rt, url } = await serveRt(['--broker=redis'], { cwd: folder.path, env: at(mine) });
    const ready = async (): Promise<number> => (await fetch(`${url}/realtime/ready`)).status;
    expect(await ready()).toBe(200);
    await mine.kill();
    await rt.err(/ error the broker does not answer \{"broker":"redis","reason":".+"\}\n/);
    expect(await ready()).toBe(503);
    await mine.restart();
    await rt.err(/ info the broker answers again \{"broker":"redis"\}\n/);
    expect(await ready()).toBe(200);
  });
});

describe('rt serve --broker=redis says in one line, and with 2, that', () => {
  it('nothing is there', async () => {
    const port = String(await freePort());
    const line = await refused(['--broker=redis'], { REDIS_PORT: port });
    expect(line).toBe(
      `can not use Redis at 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}: ` +
        'start one there, or correct REDIS_HOST and REDIS_PORT',
    );
    const byUrl = await refused(['--broker=redis'], { REDIS_URL: `redis://u:secret@127.0.0.1:${port}/2` });
    expect(byUrl).toMatch(/ECONNREFUSED .*: start one there, or correct REDIS_URL$/);
    expect(byUrl).not.toContain('secret');
  });

  it.each([
    [
      'wrong',
      (server: RedisServer) => at(server, { REDIS_PASSWORD: 'a wrong secret' }),
      'REDIS_USERNAME and REDIS_PASSWORD',
    ],
    ['missing', at, 'REDIS_USERNAME and REDIS_PASSWORD'],
    [
      'wrong in the URL',
      ({ port }: RedisServer) => ({ REDIS_URL: `redis://:a%20wrong%20secret@127.0.0.1:${port}` }),
      'REDIS_URL',
    ],
  ])('the password is %s, without telling it', async (_name, given, what) => {
    const env = given(locked);
    const line = await refused(['--broker=redis'], env);
    expect(line).toMatch(new RegExp(`^can not use Redis at 127.0.0.1:${locked.port}: .*: correct ${what}$`));
    const { stdout, stderr } = await runRt(['serve', '--port=0', '--broker=redis', '--log-level=debug'], { env });
    expect(stderr).toContain('CommandError');
    expect(line + stdout + stderr).not.toMatch(/wrong.{0,3}secret/);
  });

  it.each([
    ['a port is none', { REDIS_PORT: '0x10' }, 'REDIS_PORT is "0x10": use a whole number from 1 to 65535'],
    ['a port is out of range', { REDIS_PORT: '0' }, 'REDIS_PORT is "0": use a whole number from 1 to 65535'],
    ['a database is none', { REDIS_DB: 'cache' }, 'REDIS_DB is "cache": use a whole number from 0 to 1023'],
    ['a URL is none', { REDIS_URL: '127.0.0.1:6379?secret' }, /^REDIS_URL is no URL of a Redis: use redis:\/\//],
    [
      'a URL is another',
      { REDIS_URL: 'https://u:secret@127.0.0.1' },
      /^REDIS_URL is no URL of a Redis: use redis:\/\//,
    ],
    ['a URL has no database', { REDIS_URL: 'redis://127.0.0.1/secret' }, /^REDIS_URL is no URL of a Redis/],
    ['a URL is badly escaped', { REDIS_URL: 'redis://:secret%@127.0.0.1' }, /^REDIS_URL has a %.*: write it as %25$/],
    [
      'two hosts are named',
      { REDIS_URL: 'redis://127.0.0.1', REDIS_HOST: '127.0.0.2' },
      'REDIS_URL and REDIS_HOST contradict each other: unset one of them',
    ],
    ['two ports', { REDIS_URL: 'redis://127.0.0.1', REDIS_PORT: '6380' }, /^REDIS_URL and REDIS_PORT contradict/],
    ['two databases', { REDIS_URL: 'redis://127.0.0.1/1', REDIS_DB: '2' }, /^REDIS_URL and REDIS_DB contradict/],
    [
      'two passwords',
      { REDIS_URL: 'redis://:secret@127.0.0.1', REDIS_PASSWORD: 'secrets' },
      /^REDIS_URL and REDIS_PASSWORD contradict/,
    ],
    [
      'two users',
      { REDIS_URL: 'redis://u:p@127.0.0.1', REDIS_USERNAME: 'v' },
      /^REDIS_URL and REDIS_USERNAME contradict/,
    ],
  ] as const)('%s', async (_name, env, message) => {
    const line = await refused(['--broker=redis'], env);
    if (typeof message === 'string') expect(line).toBe(message);
    else expect(line).toMatch(message);
    expect(line).not.toContain('secret');
  });
});
