import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../tests/servers/certificate.ts';
import type { Certificate } from '../../../tests/servers/certificate.ts';
import { redisCommand } from '../../../tests/servers/redis-command.ts';
import { startRedisSentinels } from '../../../tests/servers/redis-sentinel.ts';
import type { RedisSentinels } from '../../../tests/servers/redis-sentinel.ts';
import { replicated, startRedis, startRedisReplica } from '../../../tests/servers/redis.ts';
import type { RedisServer } from '../../../tests/servers/redis.ts';
import { until } from '../../../tests/servers/until.ts';
import type { RedisBrokerOptions } from '../src/index.ts';
import { refusal, REFUSED_WITHIN_MS, TestNode, useBoth } from './node.ts';

const password = 'the-secret';
let certificate: Certificate;
let other: Certificate;
let servers: readonly RedisServer[];
let sentinels: RedisSentinels;
/** How to reach the master, but for TLS. */
let options: RedisBrokerOptions;

beforeAll(async () => {
  [certificate, other] = await Promise.all([makeCertificate(), makeCertificate()]);
  const master = await startRedis({ tls: certificate, password });
  servers = [master, await startRedisReplica(master)];
  // One, so that none undoes the failover of another that hurries.
  sentinels = await startRedisSentinels({ master, count: 1 });
  options = { sentinels: sentinels.addresses, name: sentinels.name, password };
  // Else the old master of a failover is left alone for some 10 s, and so are its clients.
  await sentinels.sentinels[0]!.command('SENTINEL', 'DEBUG', 'INFO-PERIOD', 100, 'PUBLISH-PERIOD', 100);
});
afterAll(async () => {
  await sentinels.stop();
  await Promise.all([...servers, certificate, other].map((each) => each[Symbol.asyncDispose]()));
});

async function masterNow(): Promise<RedisServer> {
  const port = await sentinels.masterPort();
  return servers.find((server) => server.port === port)!;
}

/** How many of our connections a server has that have this name, or begin so. */
async function ours(server: RedisServer, name = 'rt-'): Promise<number> {
  return String(await server.command('CLIENT', 'LIST')).split(` name=${name}`).length - 1;
}

describe('Sentinel over TLS', () => {
  it('leads to the master over TLS, and after a failover to the new one', { timeout: 30_000 }, async () => {
    const tls = { ca: certificate.cert };
    await using a = await TestNode.start({ ...options, tls });
    await using b = await TestNode.start({ ...options, tls });
    await useBoth(a, b, ['before']);
    const before = await masterNow();
    expect(await ours(before)).toBe(4);
    const [sentinel] = sentinels.sentinels;
    await until('both listen to the sentinel', async () => (await ours(sentinel!, 'rt-sentinel')) === 2);
    await replicated(before);
    await sentinel!.command('SENTINEL', 'FAILOVER', sentinels.name);
    await Promise.all([a.down(), b.down()]);
    await Promise.all([a.up(), b.up()]);
    const after = await masterNow();
    expect(after).not.toBe(before);
    expect([await ours(after), await ours(before)]).toEqual([4, 0]);
    await useBoth(a, b, ['after']);
    expect((await b.log.read('before', { limit: 1 })).entries).toMatchObject([{ text: 'entry' }]);
  });

  it('has no port that is not encrypted', async () => {
    for (const { host, port } of [...servers, ...sentinels.sentinels]) {
      await expect(redisCommand({ host, port }, ['PING'])).rejects.toThrow(/ECONNRESET|EPIPE|ended the connection/);
    }
  });

  it('is refused where its certificate is not trusted, in time, with the reason and no secret', async () => {
    for (const tls of [true, { ca: other.cert }]) {
      const { text, code, ms } = await refusal({ ...options, tls, sentinelPassword: 'another-secret' });
      expect([code, text]).toEqual(['BROKER_DOWN', expect.stringMatching(/self.signed certificate/)]);
      expect(ms).toBeLessThan(REFUSED_WITHIN_MS);
      expect(text).not.toContain('secret');
    }
    expect((await refusal(options)).text).toMatch(/ECONNRESET|the server ended the connection/);
  });
});
