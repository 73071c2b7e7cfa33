import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../tests/servers/certificate.ts';
import type { Certificate } from '../../../tests/servers/certificate.ts';
import { freePort } from '../../../tests/servers/ports.ts';
import { startRedis } from '../../../tests/servers/redis.ts';
import type { RedisServer } from '../../../tests/servers/redis.ts';
import { refusal, TestNode, useBoth } from './node.ts';

const host = '127.0.0.1';
let certificate: Certificate;
let client: Certificate;

beforeAll(async () => {
  [certificate, client] = await Promise.all([makeCertificate(), makeCertificate()]);
});
afterAll(async () => {
  await Promise.all([certificate, client].map((each) => each[Symbol.asyncDispose]()));
});

/** A Redis that also listens on a port of its own for TLS. */
async function startTlsRedis(
  config: Readonly<Record<string, string>> = {},
): Promise<{ readonly redis: RedisServer; readonly port: number } & AsyncDisposable> {
  const port = await freePort();
  const redis = await startRedis({
    config: {
      'tls-port': String(port),
      'tls-cert-file': certificate.certFile,
      'tls-key-file': certificate.keyFile,
      'tls-ca-cert-file': client.certFile,
      'tls-auth-clients': 'no',
      ...config,
    },
  });
  return { redis, port, [Symbol.asyncDispose]: () => redis.stop() };
}

describe.concurrent('Redis over TLS', () => {
  it('carries bus and log where its certificate is known, by options and by URL', async () => {
    await using server = await startTlsRedis();
    const { port } = server;
    await using a = await TestNode.start({ host, port, tls: { ca: certificate.cert } });
    await using b = await TestNode.start({ url: `rediss://${host}:${port}`, tls: { ca: certificate.cert } });
    await useBoth(a, b);
    const clients = String(await server.redis.command('CLIENT', 'LIST'));
    const ours = clients.split('\n').filter((line) => line.includes('name=rt-'));
    expect(ours).toHaveLength(4);
    for (const line of ours) expect(line).toContain(`laddr=${host}:${port}`);
  });

  it('is connected again over TLS when it was started anew', async () => {
    await using server = await startTlsRedis();
    await using a = await TestNode.start({ host, port: server.port, tls: { ca: certificate.cert } });
    await a.append('news', ['before']);
    await server.redis.kill();
    await a.down();
    await server.redis.restart();
    await a.up();
    await a.append('news', ['after']);
    const { entries } = await a.log.read('news', { limit: 10 });
    expect(entries.map(({ text }) => text).at(-1)).toBe('after');
  });

  it('shows a certificate of its own where Redis asks for one, and says so where it has none', async () => {
    await using server = await startTlsRedis({ 'tls-auth-clients': 'yes' });
    const { port } = server;
    const tls = { ca: certificate.cert, cert: client.cert, key: client.key };
    await using a = await TestNode.start({ host, port, tls });
    await using b = await TestNode.start({ host, port, tls });
    await useBoth(a, b);
    expect((await refusal({ host, port, tls: { ca: certificate.cert } })).text).toMatch(
      /certificate required|ECONNRESET|closed/i,
    );
  });

  it('does not trust a certificate that it does not know', async () => {
    await using server = await startTlsRedis();
    const { port } = server;
    expect((await refusal({ url: `rediss://${host}:${port}` })).text).toMatch(/self.signed certificate/);
    expect((await refusal({ host, port, tls: true })).text).toContain(`${host}:${port}`);
  });

  it('does not trust a certificate for another host', async () => {
    await using other = await makeCertificate('DNS:redis.example.com');
    await using server = await startTlsRedis({ 'tls-cert-file': other.certFile, 'tls-key-file': other.keyFile });
    expect((await refusal({ host, port: server.port, tls: { ca: other.cert } })).text).toMatch(
      /ERR_TLS_CERT_ALTNAME_INVALID/,
    );
  });

  it('says so in time where one side only encrypts', async () => {
    await using server = await startTlsRedis();
    expect((await refusal({ host, port: server.port })).text).toContain(`${host}:${server.port}`);
    expect((await refusal({ url: `rediss://${host}:${server.redis.port}` })).text).toContain(
      `${host}:${server.redis.port}`,
    );
  });
});

describe.concurrent('a user of Redis', () => {
  it('is let in with the right name and password, by options and by URL, over TLS too', async () => {
    await using server = await startTlsRedis({ user: 'app on >right ~* &* +@all' });
    await using a = await TestNode.start({ host, port: server.redis.port, username: 'app', password: 'right' });
    const url = `rediss://app:right@${host}:${server.port}`;
    await using b = await TestNode.start({ url, tls: { ca: certificate.cert } });
    await useBoth(a, b);
    expect(String(await server.redis.command('CLIENT', 'LIST')).match(/name=rt-.* user=app /g)).toHaveLength(4);
  });

  it.each([
    ['a wrong password', { username: 'app', password: 'wrong-secret' }, 'WRONGPASS'],
    ['a wrong name', { username: 'nobody', password: 'right-secret' }, 'WRONGPASS'],
    ['a user who is turned off', { username: 'off', password: 'right-secret' }, 'WRONGPASS'],
    ['no name and no password', {}, 'NOAUTH'],
  ])('is refused with %s, which the error does not show', async (_, login, code) => {
    await using redis = await startRedis({ password: 'admin-secret' });
    await redis.command('ACL', 'SETUSER', 'app', 'on', '>right-secret', '~*', '&*', '+@all');
    await redis.command('ACL', 'SETUSER', 'off', 'off', '>right-secret', '~*', '&*', '+@all');
    const { text } = await refusal({ host, port: redis.port, ...login });
    expect(text).toContain(code);
    expect(text).not.toContain('secret');
  });
});
