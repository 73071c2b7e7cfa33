import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../tests/servers/certificate.ts';
import type { Certificate } from '../../../tests/servers/certificate.ts';
import { startRedisCluster } from '../../../tests/servers/redis-cluster.ts';
import type { RedisCluster } from '../../../tests/servers/redis-cluster.ts';
import { redisCommand } from '../../../tests/servers/redis-command.ts';
import { startProxy } from '../../../tests/servers/tcp-proxy.ts';
import type { TcpProxy } from '../../../tests/servers/tcp-proxy.ts';
import { until } from '../../../tests/servers/until.ts';
import { refusal, REFUSED_WITHIN_MS, TestNode, useBoth } from './node.ts';

const password = 'the-secret';
/** Every one of three masters has some of them. */
const channels = Array.from({ length: 12 }, (_, index) => `${index}.a-channel-of-many`);
let certificate: Certificate;
let other: Certificate;
let named: Certificate;
let cluster: RedisCluster;
/** One whose nodes announce a name, which is all that their certificate is for. */
let byName: RedisCluster;
/** Through these go all connections of clients: the nodes announce them as their own ports. */
let proxies: readonly TcpProxy[];

beforeAll(async () => {
  [certificate, other, named] = await Promise.all([
    makeCertificate(),
    makeCertificate(),
    makeCertificate('DNS:localhost'),
  ]);
  const config = { 'cluster-announce-hostname': 'localhost', 'cluster-preferred-endpoint-type': 'hostname' };
  [cluster, byName] = await Promise.all([
    startRedisCluster({ tls: certificate, password }),
    startRedisCluster({ tls: named, config }),
  ]);
  proxies = await Promise.all(cluster.nodes.map((node) => startProxy(node)));
  await Promise.all(
    cluster.nodes.map((node, index) =>
      node.command('CONFIG', 'SET', 'cluster-announce-tls-port', proxies[index]!.port),
    ),
  );
  const announced = proxies.map(({ port }) => port);
  await until('every node announces the proxies', async () => {
    const ports = await Promise.all(cluster.nodes.map(portsTold));
    return ports.every((told) => told.join() === announced.join());
  });
});
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await Promise.all([cluster, byName, certificate, other, named].map((each) => each[Symbol.asyncDispose]()));
});

/** Where the masters are, by their slots, as one of them tells. */
async function portsTold(node: RedisCluster['nodes'][number]): Promise<readonly number[]> {
  const ranges = (await node.command('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
  return ranges.toSorted(([one], [two]) => one - two).map(([, , [, port]]) => port);
}

function addresses(of: readonly { readonly host: string; readonly port: number }[]): { host: string; port: number }[] {
  return of.map(({ host, port }) => ({ host, port }));
}

describe('a Redis Cluster over TLS', () => {
  it('carries bus and log of each master, and nothing in the clear', async () => {
    const wire: Buffer[] = [];
    for (const proxy of proxies) {
      for (const direction of ['upstream', 'downstream'] as const) {
        proxy.tamper(direction, (chunk) => {
          wire.push(chunk);
          return chunk;
        });
      }
    }
    // One of them is enough: it tells of the others.
    const options = { cluster: addresses(proxies.slice(0, 1)), password, tls: { ca: certificate.cert } };
    await using a = await TestNode.start(options);
    await using b = await TestNode.start(options);
    await useBoth(a, b, channels);
    for (const [index, node] of cluster.nodes.entries()) {
      const clients = String(await node.command('CLIENT', 'LIST'));
      const heard = Array.from(clients.matchAll(/ name=rt-subscriber .* ssub=(\d+)/g), ([, count]) => Number(count));
      expect(heard).toHaveLength(2);
      // Its probe, and what it follows there.
      expect(Math.max(...heard)).toBeGreaterThan(1);
      expect(clients.match(/ name=rt-commands /g)).toHaveLength(2);
      expect(proxies[index]!.connections).toBeGreaterThanOrEqual(4);
    }
    const sent = Buffer.concat(wire).toString('latin1');
    expect(sent.length).toBeGreaterThan(10_000);
    expect(sent).not.toMatch(/the-secret|a-channel-of-many|CLUSTER|SETNAME|EVALSHA/i);
  });

  it('has no port that is not encrypted', async () => {
    for (const { host, port } of cluster.nodes) {
      await expect(redisCommand({ host, port, password }, ['PING'])).rejects.toThrow(
        /ECONNRESET|EPIPE|ended the connection/,
      );
    }
    for (const node of cluster.nodes) expect(await node.command('CONFIG', 'GET', 'port')).toEqual(['port', '0']);
  });

  it('is refused where its certificate is not trusted, in time, with the reason and no secret', async () => {
    const given = { cluster: addresses(cluster.nodes), password };
    for (const tls of [true, { ca: other.cert }]) {
      const { text, code, ms } = await refusal({ ...given, tls });
      expect([code, text]).toEqual(['BROKER_DOWN', expect.stringMatching(/self.signed certificate/)]);
      expect(ms).toBeLessThan(REFUSED_WITHIN_MS);
      expect(text).not.toContain(password);
    }
    expect((await refusal(given)).text).toMatch(/ECONNRESET|the server ended the connection/);
  });
});

describe('a Redis Cluster whose certificates are for names', () => {
  it('is known by the names that its nodes announce, and by none else', async () => {
    const tls = { ca: named.cert };
    const { host, port } = byName.nodes[0]!;
    const options = { cluster: [{ host: 'localhost', port }], tls };
    await using a = await TestNode.start(options);
    await using b = await TestNode.start(options);
    await useBoth(a, b, channels);
    expect((await refusal({ cluster: [{ host, port }], tls })).text).toMatch(/ERR_TLS_CERT_ALTNAME_INVALID/);
    // Found by a name, but the others are addresses.
    for (const node of byName.nodes) await node.command('CONFIG', 'SET', 'cluster-preferred-endpoint-type', 'ip');
    expect((await refusal(options)).text).toMatch(/ERR_TLS_CERT_ALTNAME_INVALID/);
    await using c = await TestNode.start({ ...options, tls: { ...tls, servername: 'localhost' } });
    await useBoth(a, c, channels.slice(0, 1));
  });
});
