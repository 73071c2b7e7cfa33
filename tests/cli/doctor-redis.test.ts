import { afterAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../servers/certificate.ts';
import type { Certificate } from '../servers/certificate.ts';
import { freePort } from '../servers/ports.ts';
import { startRedisCluster } from '../servers/redis-cluster.ts';
import { startRedis, startRedisReplica } from '../servers/redis.ts';
import { startProxy } from '../servers/tcp-proxy.ts';
import { claims, Doctor, lost, RESTART, restartOf } from './doctor.ts';
import { ProjectFolder } from './project-folder.ts';
import { endAll } from './rt-process.ts';

const folder = new ProjectFolder({
  'rt.config.ts': `import { redisBroker } from '@rt/broker-redis';
    const { URL_OF_MINE: url = 'redis://127.0.0.1', PORTS_OF_MINE: ports = '' } = process.env;
    const nodes = ports.split(',').map((port) => ({ host: '127.0.0.1', port: Number(port) }));
    export default {
      brokers: { ready: redisBroker({ url }), cluster: () => redisBroker({ cluster: nodes }) },
      defaultBroker: 'ready',
    };`,
});
const doctor = new Doctor(folder);

// The tests run at the same time: not after each.
afterAll(async () => {
  await endAll();
  folder.remove();
});

describe.concurrent('rt doctor on Redis', () => {
  it('says that the promise can be kept, what it saw, and how long that took, in 80 columns', async () => {
    await using redis = await startRedis({ password: 'a-secret' });
    const env = { REDIS_PORT: String(redis.port), REDIS_PASSWORD: 'a-secret' };
    const { code, stdout, stderr } = await doctor.run(['--broker=redis'], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`  broker     redis at 127.0.0.1:${redis.port}\n`);
    expect(stdout).toMatch(/\n {2}service {4}Redis \d+\.\d+\.\d+, one server\n/);
    expect(stdout).toMatch(/\n {2}bus {8}p50 [\d.]+ ms, p99 [\d.]+ ms from node to node, of 200 messages\n/);
    expect(stdout).toMatch(/\n {2}log {8}p50 [\d.]+ ms, p99 [\d.]+ ms /);
    expect(stdout).toMatch(/\n {2}a node is stopped or dies +kept\n/);
    expect(stdout).toMatch(/\n {2}the broker is killed and started again +partly, but for up to 2 s, with a gap\n/);
    expect(stdout).toMatch(/\nThe promise of delivery can be kept\.\n$/);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).not.toContain('secret');
  });

  it('tries everything with two nodes, and leaves nothing that stays', async () => {
    await using redis = await startRedis({ config: { appendfsync: 'always' } });
    const diagnosis = await doctor.diagnosed(['--broker=redis'], { REDIS_URL: redis.url });
    expect(diagnosis.survives.map(({ event, outcome }) => [event, outcome])).toEqual([
      ['a message goes to another node', 'kept'],
      ["a client's connection drops", 'kept'],
      ['a client comes to another node', 'kept'],
      ['two publish at the same time', 'kept'],
      ['a message is published twice', 'kept'],
      ['a node is stopped or dies', 'kept'],
      [RESTART, 'kept'],
    ]);
    expect(diagnosis.findings).toEqual([]);
    for (const { count, p50Ms, p99Ms } of Object.values(diagnosis.roundTrips)) {
      expect(count).toBeGreaterThan(0);
      expect(p50Ms).toBeGreaterThan(0);
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
    }
    const keys = (await redis.command('KEYS', '*')) as readonly string[];
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(Number(await redis.command('TTL', key))).toBeGreaterThan(0);
    expect(String(await redis.command('CLIENT', 'LIST'))).not.toContain('name=rt-');
  });

  it.each([
    [{ appendOnly: false }, 'it keeps no append-only file', 'appendonly yes'],
    [
      { appendOnly: false, config: { save: '3600 1' } },
      'it keeps snapshots, but no append-only file',
      'appendonly yes',
    ],
  ])('says what is lost without an append-only file: %j', async (options, what, remedy) => {
    await using redis = await startRedis(options);
    const diagnosis = await doctor.diagnosed(['--broker=redis'], { REDIS_URL: redis.url });
    expect(restartOf(diagnosis)).toBe('lost');
    expect(diagnosis.ok).toBe(false);
    expect(diagnosis.findings).toEqual([
      { severity: 'problem', what, remedy: expect.stringContaining(remedy) as string },
    ]);
  });

  it.each([
    ['problem', '100mb', false],
    ['warning', '0', true],
  ])('takes a policy that evicts for a %s where maxmemory is %s', async (severity, maxMemory, ok) => {
    await using redis = await startRedis({ maxMemory, maxMemoryPolicy: 'allkeys-lru' });
    const diagnosis = await doctor.diagnosed(['--broker=redis'], { REDIS_URL: redis.url });
    expect(diagnosis).toMatchObject({
      ok,
      findings: [
        {
          severity,
          what: expect.stringContaining('maxmemory-policy is allkeys-lru') as string,
          remedy: expect.stringContaining('noeviction') as string,
        },
      ],
    });
  });

  it('says what a failover would lose', async () => {
    await using redis = await startRedis();
    await using replica = await startRedisReplica(redis);
    expect(replica.running).toBe(true);
    const [finding] = (await doctor.diagnosed(['--broker=redis'], { REDIS_URL: redis.url })).findings;
    expect(finding).toMatchObject({ severity: 'warning', remedy: 'Set min-replicas-to-write 1' });
    await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
    expect((await doctor.diagnosed(['--broker=redis'], { REDIS_URL: redis.url })).findings).toEqual([]);
  });

  it.each([
    ['CONFIG', ['-config'], 'partly', 'appendfsync'],
    ['CONFIG and INFO', ['-config', '-info'], 'unknown', 'appendonly'],
  ])('says what it could not ask where %s is not allowed', async (_, rules, outcome, remedy) => {
    await using redis = await startRedis();
    await redis.command('ACL', 'SETUSER', 'app', 'on', '>pass', '~*', '&*', '+@all', ...rules);
    const env = { REDIS_URL: redis.url, REDIS_USERNAME: 'app', REDIS_PASSWORD: 'pass' };
    const diagnosis = await doctor.diagnosed(['--broker=redis'], env);
    expect(restartOf(diagnosis)).toBe(outcome);
    expect(diagnosis).toMatchObject({
      ok: true,
      findings: [{ severity: 'unknown', remedy: expect.stringContaining(remedy) as string }],
    });
  });

  it('asks every master of a cluster', async () => {
    await using cluster = await startRedisCluster();
    const [one] = cluster.nodes;
    await one!.command('CONFIG', 'SET', 'maxmemory', '100mb');
    await one!.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl');
    const env = { PORTS_OF_MINE: cluster.nodes.map(({ port }) => port).join(',') };
    const diagnosis = await doctor.diagnosed(['--broker=cluster'], env);
    expect(diagnosis).toMatchObject({ ok: false, shape: 'a cluster of 3 masters' });
    const problems = diagnosis.findings.filter(({ what }) => what.includes('volatile-ttl'));
    expect(problems.map(({ what }) => what.split(': ')[0])).toEqual([`127.0.0.1:${one!.port}`]);
    expect(lost(diagnosis)).toEqual([]);
  });

  it('refuses one that is too old', async () => {
    await using redis = await startRedis();
    await using proxy = await startProxy(redis);
    claims(proxy, /(redis_version:)\d/, '6');
    const { code, stdout, stderr } = await doctor.run(['--broker=redis'], { REDIS_URL: proxy.url(redis.url) });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^Redis 6\.\d+\.\d+ is too old: 7\.0 or newer is needed: .+\n$/);
  });

  it('says in one line, and with 1, that nothing is there, without a secret', async () => {
    const env = { REDIS_URL: `redis://:a-secret@127.0.0.1:${await freePort()}` };
    const { code, stdout, stderr } = await doctor.run(['--broker=redis'], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^can not use Redis at .*ECONNREFUSED.*: start one there, or correct REDIS_URL\n$/);
    const diagnosis = await doctor.diagnosed(['--broker=redis'], env);
    expect(diagnosis).toMatchObject({ ok: false, survives: [], findings: [{ severity: 'problem' }] });
    expect(stderr + JSON.stringify(diagnosis)).not.toContain('secret');
  });

  it('goes over TLS where Node is told whom to trust, and says how that is told', async () => {
    await using certificate = await makeCertificate();
    await using server = await startTlsRedis(certificate);
    const env = { REDIS_URL: server.url, NODE_EXTRA_CA_CERTS: certificate.certFile };
    expect(await doctor.diagnosed(['--broker=redis'], env)).toMatchObject({ ok: true, findings: [] });
    const { code, stderr } = await doctor.run(['--broker=redis'], { REDIS_URL: server.url });
    expect(code).toBe(1);
    expect(stderr).toMatch(/SELF_SIGNED_CERT.*: name the file with its certificate, .* in NODE_EXTRA_CA_CERTS\n$/);
  });

  it('says that a certificate is for another host', async () => {
    await using certificate = await makeCertificate('DNS:redis.example.com');
    await using server = await startTlsRedis(certificate);
    const env = { REDIS_URL: server.url, NODE_EXTRA_CA_CERTS: certificate.certFile };
    const { code, stderr } = await doctor.run(['--broker=redis'], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/ALTNAME_INVALID.*: connect to a host name that its certificate has\n$/);
  });

  it('leaves out what needs a second node where the config has made its only one', async () => {
    await using redis = await startRedis({ config: { appendfsync: 'always' } });
    const diagnosis = await doctor.diagnosed(['--broker=ready'], { URL_OF_MINE: redis.url });
    expect(diagnosis.broker).toBe(`ready, of rt.config.ts: redis at 127.0.0.1:${redis.port}`);
    const outcomes = Object.fromEntries(diagnosis.survives.map(({ event, outcome }) => [event, outcome]));
    expect(outcomes).toMatchObject({
      'a message goes to another node': 'unknown',
      "a client's connection drops": 'kept',
      'a node is stopped or dies': 'unknown',
      [RESTART]: 'kept',
    });
  });
});

/** A Redis whose URL is that of a port for TLS. */
async function startTlsRedis({ certFile, keyFile }: Certificate): Promise<{ readonly url: string } & AsyncDisposable> {
  const port = await freePort();
  const tls = { 'tls-port': String(port), 'tls-cert-file': certFile, 'tls-key-file': keyFile };
  const redis = await startRedis({ config: { ...tls, 'tls-ca-cert-file': certFile, 'tls-auth-clients': 'no' } });
  return { url: `rediss://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => redis.stop() };
}
