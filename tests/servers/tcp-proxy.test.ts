import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisCommand } from './redis-command.ts';
import { delivers, says, startRedisProxy } from './redis-proxy.ts';
import { startRedis } from './redis.ts';
import type { RedisServer } from './redis.ts';
import { RespSocket } from './resp-socket.ts';
import { startProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** How long a silence must be to count as one. */
const SILENT_MS = 200;
const SILENCE = /did not answer within/;

describe('a proxy', () => {
  it('passes everything on, both ways', async () => {
    await using proxy = await startProxy(redis);
    const text = 'x'.repeat(3_000_000);
    expect(await redisCommand(proxy, ['SET', 'long', text])).toBe('OK');
    expect((await redisCommand(proxy, ['GET', 'long'])) === text).toBe(true);
  });

  it('is in the URL in place of the server', async () => {
    await using proxy = await startProxy(redis);
    expect(proxy.url('redis://user:p%40ss@somewhere:6379/2')).toBe(`redis://user:p%40ss@127.0.0.1:${proxy.port}/2`);
  });

  it('counts its connections', async () => {
    await using proxy = await startProxy(redis);
    {
      using one = await RespSocket.open(proxy);
      using two = await RespSocket.open(proxy);
      expect([await one.request('PING'), await two.request('PING')]).toEqual(['PONG', 'PONG']);
      expect(proxy.connections).toBe(2);
    }
    await until('both are gone', () => Promise.resolve(proxy.connections === 0));
  });

  it('passes on that one side ended', async () => {
    await using proxy = await startProxy(redis);
    using client = await RespSocket.open(proxy);
    await client.request('QUIT');
    expect(await client.ended).toBe('end');
  });

  it('lets one side speak on when the other has ended', async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.resume().on('end', () => socket.end('the answer'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using proxy = await startProxy({ host: '127.0.0.1', port });
    const client = connect(proxy.port, proxy.host);
    client.end('the question');
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(answer.toString()).toBe('the answer');
    server.close();
  });

  it('resets a client whose server is not there', async () => {
    await using gone = await startRedis();
    await using proxy = await startProxy(gone);
    await gone.kill();
    using client = await RespSocket.open(proxy);
    expect(await client.ended).toBe('ECONNRESET');
    expect(proxy.connections).toBe(0);
  });
});

describe('cut', () => {
  it('resets the connections of both sides, and takes new ones', async () => {
    await using proxy = await startProxy(redis);
    using client = await RespSocket.open(proxy);
    const id = Number(await client.request('CLIENT', 'ID'));
    proxy.cut();
    expect(await client.ended).toBe('ECONNRESET');
    await until('Redis lost it too', async () => !String(await redis.command('CLIENT', 'LIST')).includes(`id=${id} `));
    expect(await redisCommand(proxy, ['PING'])).toBe('PONG');
  });
});

describe('refuse', () => {
  it('refuses new connections until accept, and leaves the others', async () => {
    await using proxy = await startProxy(redis);
    using client = await RespSocket.open(proxy);
    await client.request('PING');
    await proxy.refuse();
    await expect(redisCommand(proxy, ['PING'])).rejects.toThrow(/ECONNREFUSED/);
    expect(await client.request('PING')).toBe('PONG');
    await proxy.accept();
    expect(await redisCommand(proxy, ['PING'])).toBe('PONG');
  });
});

describe('latency', () => {
  it('holds both ways, and keeps the order when it gets shorter', async () => {
    await using proxy = await startProxy(redis);
    using client = await RespSocket.open(proxy);
    await client.request('PING');
    proxy.latency(100);
    const startedAt = performance.now();
    client.send('ECHO', 'first');
    const first = client.next();
    await until('it is under way', () => Promise.resolve(performance.now() - startedAt > 30));
    proxy.latency(0);
    client.send('ECHO', 'second');
    expect([await first, await client.next()]).toEqual(['first', 'second']);
    expect(performance.now() - startedAt).toBeGreaterThan(95);
    proxy.latency(60);
    const again = performance.now();
    await client.request('PING');
    expect(performance.now() - again).toBeGreaterThan(115);
  });
});

describe('bandwidth', () => {
  it('lets through as much as it says', async () => {
    await using proxy = await startProxy(redis);
    proxy.bandwidth(1_000_000, ['upstream']);
    const startedAt = performance.now();
    await redisCommand(proxy, ['SET', 'long', 'x'.repeat(300_000)]);
    expect(performance.now() - startedAt).toBeGreaterThan(290);
  });
});

describe('stall', () => {
  it('holds back what the client sends, and only that', async () => {
    await using proxy = await startProxy(redis);
    await redis.command('SET', 'upstream', 0);
    proxy.stall(['upstream']);
    using client = await RespSocket.open(proxy);
    client.send('INCR', 'upstream');
    await expect(redisCommand(proxy, ['PING'], SILENT_MS)).rejects.toThrow(SILENCE);
    expect(await redis.command('GET', 'upstream')).toBe('0');
    proxy.resume();
    expect(await client.next()).toBe(1);
  });

  it('holds back what the server sends, though the server did its work', async () => {
    await using proxy = await startProxy(redis);
    await redis.command('SET', 'downstream', 0);
    proxy.stall(['downstream']);
    using client = await RespSocket.open(proxy);
    client.send('INCR', 'downstream');
    await until('Redis did it', async () => (await redis.command('GET', 'downstream')) === '1');
    await expect(redisCommand(proxy, ['PING'], SILENT_MS)).rejects.toThrow(SILENCE);
    proxy.resume(['downstream']);
    expect(await client.next()).toBe(1);
  });

  it('holds back an end too', async () => {
    await using proxy = await startProxy(redis);
    using client = await RespSocket.open(proxy);
    const id = Number(await client.request('CLIENT', 'ID'));
    proxy.stall();
    await redis.command('CLIENT', 'KILL', 'ID', id);
    expect(await Promise.race([client.ended, silence()])).toBe('silence');
    proxy.resume();
    expect(await client.ended).toBe('end');
  });

  it('makes the sender feel a full socket instead of keeping everything', async () => {
    await using proxy = await startProxy(redis);
    proxy.stall(['upstream']);
    const client = connect(proxy.port, proxy.host);
    await once(client, 'connect');
    const flushed = new Promise<string>((resolve) => client.write(Buffer.alloc(50_000_000), () => resolve('flushed')));
    expect(await Promise.race([flushed, silence()])).toBe('silence');
    client.on('error', () => undefined);
    client.destroy();
  });
});

describe('dropNext', () => {
  it('swallows one delivery of several that come together, whole', async () => {
    await using proxy = await startRedisProxy(redis);
    using subscriber = await RespSocket.open(proxy);
    await subscriber.request('SUBSCRIBE', 'news');
    const dropped = proxy.dropNext('downstream', delivers('news', 'two'));
    // In one transaction, so that Redis writes the four at once.
    using publisher = await RespSocket.open(redis);
    publisher.send('MULTI');
    for (const text of ['one', 'two', 'three', 'two again']) publisher.send('PUBLISH', 'news', text);
    publisher.send('EXEC');
    const got = [await subscriber.next(), await subscriber.next(), await subscriber.next()];
    expect(got).toEqual(['one', 'three', 'two again'].map((text) => ['message', 'news', text]));
    expect((await dropped).toString()).toBe('*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$3\r\ntwo\r\n');
  });

  it('swallows a delivery to a subscriber in protocol 3, and one by pattern', async () => {
    await using proxy = await startRedisProxy(redis);
    using subscriber = await RespSocket.open(proxy);
    await subscriber.request('HELLO', 3);
    await subscriber.request('PSUBSCRIBE', 'ne*');
    const dropped = proxy.dropNext('downstream', delivers('news'));
    await redis.command('PUBLISH', 'news', 'one');
    await redis.command('PUBLISH', 'news', 'two');
    expect(await subscriber.next()).toEqual(['pmessage', 'ne*', 'news', 'two']);
    expect((await dropped).toString()).toMatch(/^>4/);
  });

  it('swallows a command on its way to the server', async () => {
    await using proxy = await startRedisProxy(redis);
    await redis.command('SET', 'commands', 0);
    using client = await RespSocket.open(proxy);
    void proxy.dropNext(
      'upstream',
      says((value) => Array.isArray(value) && value[0] === 'INCR'),
    );
    client.send('INCR', 'commands');
    expect(await client.request('ECHO', 'next')).toBe('next');
    expect(await redis.command('GET', 'commands')).toBe('0');
  });
});

describe('tamper', () => {
  it('delivers twice', async () => {
    await using proxy = await startRedisProxy(redis);
    using subscriber = await RespSocket.open(proxy);
    await subscriber.request('SUBSCRIBE', 'news');
    const isNews = delivers('news');
    const undo = proxy.tamper('downstream', (frame) => (isNews(frame) ? Buffer.concat([frame, frame]) : frame));
    await redis.command('PUBLISH', 'news', 'one');
    expect([await subscriber.next(), await subscriber.next()]).toEqual([
      ['message', 'news', 'one'],
      ['message', 'news', 'one'],
    ]);
    undo();
    await redis.command('PUBLISH', 'news', 'two');
    await redis.command('PUBLISH', 'news', 'three');
    expect([await subscriber.next(), await subscriber.next()]).toEqual([
      ['message', 'news', 'two'],
      ['message', 'news', 'three'],
    ]);
  });
});

/** There is no event for nothing happening. */
async function silence(): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, SILENT_MS));
  return 'silence';
}
