import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeCertificate } from './certificate.ts';
import { sharedRedis, startRedis, startRedisReplica } from './redis.ts';
import { redisCommand } from './redis-command.ts';
import { startProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

afterEach(() => vi.unstubAllEnvs());

describe('startRedis', () => {
  it('answers, and leaves neither a process nor a folder when it goes out of scope', async () => {
    let left;
    {
      await using redis = await startRedis();
      left = { pid: redis.pid, dir: redis.dir };
      expect(await redis.command('SET', 'name', 'Zoë')).toBe('OK');
      expect(await redis.command('GET', 'name')).toBe('Zoë');
      expect(await redis.command('LRANGE', 'nothing', 0, -1)).toEqual([]);
      await expect(redis.command('NOSUCH')).rejects.toThrow(/ERR unknown command/);
      expect(existsSync(left.dir)).toBe(true);
    }
    expect(() => process.kill(left.pid, 0)).toThrow(/ESRCH/);
    expect(existsSync(left.dir)).toBe(false);
  });

  it('keeps what it acknowledged when it is killed and restarted, on the same port', async () => {
    await using redis = await startRedis();
    const { pid, url } = redis;
    await redis.command('SET', 'kept', '1');
    await redis.kill();
    await expect(redis.command('PING')).rejects.toThrow(/ECONNREFUSED/);
    await redis.restart();
    expect(await redis.command('GET', 'kept')).toBe('1');
    expect(redis.url).toBe(url);
    expect(redis.pid).not.toBe(pid);
  });

  it('forgets at a restart without the append-only file', async () => {
    await using redis = await startRedis({ appendOnly: false });
    await redis.command('SET', 'kept', '1');
    await redis.restart();
    expect(await redis.command('GET', 'kept')).toBeNull();
  });

  it('answers nothing while it is paused, and then all of it', async () => {
    await using redis = await startRedis();
    redis.pause();
    const answer = redis.command('INCR', 'count');
    await expect(redisCommand(redis, ['PING'], 200)).rejects.toThrow(/did not answer within 200 ms/);
    redis.resume();
    expect(await answer).toBe(1);
  });

  it('stops while it is paused', async () => {
    const redis = await startRedis();
    const { pid } = redis;
    redis.pause();
    await redis.stop();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });

  it('wants the password, whatever is in it', async () => {
    const password = 'a "quoted" \\ @: one';
    await using redis = await startRedis({ password });
    expect(await redis.command('PING')).toBe('PONG');
    expect(decodeURIComponent(new URL(redis.url).password)).toBe(password);
    await expect(redisCommand({ host: redis.host, port: redis.port }, ['PING'])).rejects.toThrow(/NOAUTH/);
  });

  it('refuses writes above its memory', async () => {
    await using redis = await startRedis({ maxMemory: '3mb' });
    const fill = async (): Promise<void> => {
      for (let index = 0; index < 100; index++) await redis.command('SET', `key-${index}`, 'x'.repeat(100_000));
    };
    await expect(fill()).rejects.toThrow(/OOM/);
  });

  it('evicts instead where the policy says so', async () => {
    await using redis = await startRedis({ maxMemory: '3mb', maxMemoryPolicy: 'allkeys-lru' });
    for (let index = 0; index < 100; index++) await redis.command('SET', `key-${index}`, 'x'.repeat(100_000));
    expect(await redis.command('DBSIZE')).toBeLessThan(50);
  });

  it('does not take another Redis for itself that has its port', async () => {
    await using redis = await startRedis();
    await redis.kill();
    await using other = await startRedis();
    const proxy = await startProxy({ host: other.host, port: other.port }, redis.port);
    try {
      await expect(redis.restart()).rejects.toThrow(/address already in use/i);
    } finally {
      await proxy.close();
    }
  });

  it('is for TLS only where it has a certificate, and so is its replica', async () => {
    await using tls = await makeCertificate();
    await using master = await startRedis({ tls });
    await using replica = await startRedisReplica(master);
    for (const redis of [master, replica]) {
      const { host, port } = redis;
      expect(redis.url).toBe(`rediss://${host}:${port}`);
      expect(await redis.command('PING')).toBe('PONG');
      await expect(redisCommand({ host, port }, ['PING'])).rejects.toThrow(/ECONNRESET|EPIPE|ended the connection/);
    }
  });

  it('says what the server wrote when it does not come up', async () => {
    await expect(startRedis({ config: { 'no-such-setting': 'yes' } })).rejects.toThrow(/no-such-setting/);
  });
});

describe('startRedisReplica', () => {
  it('has what its master has, and what comes later', async () => {
    await using master = await startRedis({ password: 'secret' });
    await master.command('SET', 'before', '1');
    await using replica = await startRedisReplica(master);
    expect(await replica.command('GET', 'before')).toBe('1');
    await master.command('SET', 'after', '2');
    await until('the replica has it', async () => (await replica.command('GET', 'after')) === '2');
    await expect(replica.command('SET', 'own', '3')).rejects.toThrow(/READONLY/);
  });

  it('is a replica again after a restart that finds it writing its first copy', async () => {
    await using master = await startRedis();
    await using replica = await startRedisReplica(master);
    await replica.restart();
    await master.command('SET', 'after', '2');
    await until('the replica has it', async () => (await replica.command('GET', 'after')) === '2');
  });
});

describe('sharedRedis', () => {
  it('is one of our own where no other is named', async () => {
    vi.stubEnv('REALTIME_TEST_REDIS_URL', '');
    await using redis = await sharedRedis();
    expect(await redis.command('PING')).toBe('PONG');
  });

  it('is the named one, with its password and database, and is left running', async () => {
    await using other = await startRedis({ password: 'p@ss' });
    vi.stubEnv('REALTIME_TEST_REDIS_URL', `${other.url}/3`);
    const shared = await sharedRedis();
    await shared.command('SET', 'mine', '1');
    await shared.stop();
    expect(await other.command('DBSIZE')).toBe(0);
    expect(await redisCommand({ host: other.host, port: other.port, password: 'p@ss', database: 3 }, ['DBSIZE'])).toBe(
      1,
    );
  });

  it('fails with the name of the variable where the named one is not usable', async () => {
    await using other = await startRedis({ password: 'secret' });
    vi.stubEnv('REALTIME_TEST_REDIS_URL', other.url.replace('secret', 'wrong'));
    await expect(sharedRedis()).rejects.toThrow(/REALTIME_TEST_REDIS_URL/);
  });
});
