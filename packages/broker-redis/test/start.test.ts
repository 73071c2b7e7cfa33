import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startRedisCluster } from '../../../tests/servers/redis-cluster.ts';
import { startRedis } from '../../../tests/servers/redis.ts';
import type { Redis } from '../../../tests/servers/redis.ts';
import { until } from '../../../tests/servers/until.ts';
import { redisBroker } from '../src/index.ts';
import type { RedisBrokerOptions } from '../src/index.ts';
import type { RedisLog } from '../src/redis-log.ts';
import { placesOf, refusal, TestNode } from './node.ts';

/** Waits until the server has none of our connections any more. */
function unused(redis: Redis): Promise<void> {
  return until('no connection of the broker is left', async () => {
    const clients = String(await redis.command('CLIENT', 'LIST'));
    return !clients.includes('name=rt-');
  });
}

/** The user that docs/brokers/redis.md makes, as the arguments of ACL SETUSER. */
async function documentedUser(): Promise<readonly string[]> {
  const page = await readFile(new URL('../../../docs/brokers/redis.md', import.meta.url), 'utf8');
  const [, command] = /```text\nACL SETUSER ([^`]*)```/.exec(page) ?? [];
  return command!.trim().split(/\s+/);
}

/** Does everything that a broker can do once. */
async function useEverything(options: RedisBrokerOptions): Promise<void> {
  await using node = await TestNode.start(options);
  const channels = ['one', 'two', 'three', 'four'];
  for (const channel of channels) {
    const seen = await node.follow(channel);
    await node.broker.subscribe(channel);
    for (let index = 0; index < 2; index++) {
      await node.append(channel, Array.from({ length: 1_000 }, String), { size: 2_000, ttlMs: 1 });
    }
    const entries = [{ text: 'x', id: 'x' }];
    placesOf((await node.log.append([{ channel, entries, retention: { size: 10, ttlMs: 60_000 } }]))[0]!);
    await node.broker.publish([{ channel, texts: ['text'] }]);
    expect(await node.texts.next('the text')).toBe('text');
    await seen.inbox.take(2_001, 'the entries');
    for (const page of [{ limit: 1 }, { before: seen.head!, limit: 1 }, { after: seen.head!, limit: 1 }]) {
      await node.log.read(channel, page);
    }
    await (node.log as RedisLog).renew(channel);
    await node.broker.unsubscribe(channel);
    await node.log.unfollow(channel);
  }
}

describe.concurrent('start', () => {
  it('says where nothing listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const { text, code, ms } = await refusal({ port });
    expect(code).toBe('BROKER_DOWN');
    expect(text).toContain(`127.0.0.1:${port}`);
    expect(text).toContain('ECONNREFUSED');
    expect(ms).toBeLessThan(15_000);
  });

  it('gives up where somebody listens who does not answer', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { text, ms } = await refusal({ port });
    expect(text).toContain('no answer within');
    expect(ms).toBeLessThan(15_000);
    server.close();
  });

  it('gives up where somebody answers who is no Redis', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect((await refusal({ port })).code).toBe('BROKER_DOWN');
    server.close();
  });

  it('W11 says that a password is wrong or missing, without saying which was given, and leaves nothing open', async () => {
    await using redis = await startRedis({ password: 'right-secret' });
    const { host, port } = redis;
    const wrong = await refusal({ host, port, password: 'wrong-secret' });
    expect(wrong.text).toContain('WRONGPASS');
    const inUrl = await refusal({ url: `redis://:wrong-secret@${host}:${port}` });
    expect(inUrl.text).toContain('WRONGPASS');
    const missing = await refusal({ host, port });
    expect(missing.text).toContain('NOAUTH');
    for (const { text } of [wrong, inUrl, missing]) expect(text).not.toContain('secret');
    await unused(redis);
  });

  it('names the option where the server is of another kind', async () => {
    await using node = await startRedis({ config: { 'cluster-enabled': 'yes' }, portOffsets: [10_000] });
    await using single = await startRedis();
    const asSingle = await refusal({ url: node.url });
    expect(asSingle).toMatchObject({ code: 'UNSUPPORTED' });
    expect(asSingle.text).toContain('the option cluster');
    expect((await refusal({ cluster: [{ host: single.host, port: single.port }] })).text).toContain(
      'cluster support disabled',
    );
  });

  it('says that a cluster is not ready', async () => {
    await using node = await startRedis({ config: { 'cluster-enabled': 'yes' }, portOffsets: [10_000] });
    await node.command('CLUSTER', 'ADDSLOTS', 0);
    const { text, code } = await refusal({ cluster: [{ host: node.host, port: node.port }] });
    expect(code).toBe('BROKER_DOWN');
    expect(text).toContain('it does not answer as a Redis that is ready');
  });

  it('says that there is no such database', async () => {
    await using redis = await startRedis({ config: { databases: '2' } });
    expect(await refusal({ url: `${redis.url}/5` })).toMatchObject({
      code: 'UNSUPPORTED',
      text: expect.stringContaining('there is no database 5'),
    });
    await unused(redis);
  });

  it('keeps apart what is in two databases of one server', async () => {
    await using redis = await startRedis();
    const nodes = [await TestNode.start({ url: redis.url, db: 1 }), await TestNode.start({ url: redis.url, db: 2 })];
    for (const { broker } of nodes) await broker.subscribe('news');
    for (const [index, { broker }] of nodes.entries()) {
      await broker.publish([{ channel: 'news', texts: [`of ${index + 1}`] }]);
    }
    expect(await Promise.all(nodes.map(({ texts }) => texts.next('its own')))).toEqual(['of 1', 'of 2']);
    for (const { broker } of nodes) await broker.close();
  });

  it('says what a user may not do', async () => {
    await using redis = await startRedis();
    await redis.command('ACL', 'SETUSER', 'app', 'on', '>pass', '~rt:*', '+@all', 'resetchannels');
    const { host, port } = redis;
    const { text } = await refusal({ host, port, username: 'app', password: 'pass' });
    expect(text).toContain('NOPERM');
    await unused(redis);
  });

  it('needs no more of one server than the documentation says', async () => {
    await using redis = await startRedis();
    await redis.command('ACL', 'SETUSER', ...(await documentedUser()), '+select');
    const { host, port } = redis;
    await useEverything({ host, port, username: 'realtime', password: 'secret', db: 3 });
  });

  it('needs no more of a cluster than the documentation says', async () => {
    await using cluster = await startRedisCluster({ password: 'admin' });
    for (const node of cluster.nodes) {
      await node.command('ACL', 'SETUSER', ...(await documentedUser()), '+cluster|slots', '+cluster|info');
    }
    const { host, port } = cluster.nodes[0]!;
    await useEverything({ cluster: [{ host, port }], username: 'realtime', password: 'secret' });
  });

  it('can be ended midway, and once only', async () => {
    await using redis = await startRedis();
    const broker = redisBroker({ url: redis.url });
    const events = { message: () => undefined, health: () => undefined, gap: () => undefined, warn: () => undefined };
    const starting = broker.start(events);
    await broker.close();
    await broker.close();
    await expect(starting).rejects.toMatchObject({ code: expect.stringMatching(/CLOSED|BROKER_DOWN/) as string });
    await expect(broker.start(events)).rejects.toMatchObject({ code: 'CLOSED' });
    await unused(redis);
  });

  it('leaves nothing behind that keeps the process alive, and close nothing open', async () => {
    await using redis = await startRedis();
    const program = `
      import { redisBroker } from '@rt/broker-redis';
      const none = () => undefined;
      const events = { message: none, health: none, gap: none, warn: none };
      const broker = redisBroker({ url: process.env.TEST_URL });
      await broker.start(events);
      await broker.log.follow('news', { entries: none, gap: none });
      await broker.log.append([{ channel: 'news', entries: [{ text: 'x' }], retention: { size: 1, ttlMs: 1000 } }]);
      await broker.close();
      await redisBroker({ port: 1 }).start(events).catch(none);
      console.log('done');
    `;
    const child = spawn(process.execPath, ['--conditions=@rt/source', '--input-type=module', '-e', program], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, TEST_URL: redis.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    expect([output, code]).toEqual(['done\n', 0]);
    await unused(redis);
  });
});
