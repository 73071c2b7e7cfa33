import { Cluster, Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { startRedis } from '../../../tests/servers/redis.ts';
import { redisBroker } from '../src/index.ts';
import { randomName, TestNode } from './node.ts';

const refused: readonly [options: Record<string, unknown>, says: string][] = [
  [{ prot: 1 }, 'there is no option prot'],
  [{ __proto__: null, constructor: 1 }, 'there is no option constructor'],
  [{ port: 0 }, 'port is 0, must be 1 to 65535'],
  [{ port: '6379' }, 'port is "6379", must be 1 to 65535'],
  [{ url: 'http://localhost' }, 'url must be redis://host:port/db'],
  [{ url: 'redis://:secret@localhost/x' }, 'url must be redis://host:port/db'],
  [{ url: 'redis://localhost', port: 1 }, 'host and port are part of url'],
  [{ db: -1 }, 'db is -1, must be 0 to 1023'],
  [{ password: 12_345 }, 'password must be a text'],
  [{ sentinels: [{ host: 'a' }] }, 'name must be given with sentinels'],
  [{ sentinels: [], name: 'x' }, 'sentinels is [], must be a list of { host, port }'],
  [{ cluster: ['a:1'] }, 'cluster is ["a:1"], must be a list of { host, port }'],
  [{ cluster: [{ host: 'a' }], db: 1 }, 'a cluster has no db'],
  [{ cluster: [{ host: 'a' }], host: 'b' }, 'of url and cluster only one may be given'],
  [{ connect: {} }, 'connect is {}, must be a function'],
  [{ namespace: 'a{b}' }, 'namespace is "a{b}", must be 1 to 64 characters'],
];

describe('redisBroker', () => {
  it.each(refused)('refuses %j', (options, says) => {
    const make = (): unknown => redisBroker(options);
    expect(make).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(make).toThrow(says);
    expect(make).not.toThrow(/secret|12345/);
  });

  it.each([
    ['a client', (port: number) => new Redis(port, { keyPrefix: 'mine:', commandTimeout: 60_000 })],
    ['a lazy one', (port: number) => new Redis({ port, lazyConnect: true })],
  ])('takes %s as a pattern, and leaves no connection of it', async (_name, connect) => {
    await using redis = await startRedis();
    const clients: Redis[] = [];
    {
      await using node = await TestNode.start({
        connect: () => {
          clients.push(connect(redis.port));
          return clients[0]!;
        },
        namespace: 'mine',
      });
      const channel = randomName();
      const seen = await node.follow(channel);
      await node.append(channel, ['x']);
      expect(await seen.inbox.next('the entry')).toBe('x');
      expect(await redis.command('KEYS', '*')).toEqual(
        expect.arrayContaining([expect.stringMatching(/^mine:\{\d+\}:h:/)]),
      );
    }
    expect(clients.map(({ status }) => status)).toEqual(['end']);
  });

  it('keeps databases and namespaces apart where it is told to', async () => {
    await using redis = await startRedis({ password: 'p@ss/word' });
    const { host, port } = redis;
    await using zero = await TestNode.start({ url: `redis://:p%40ss%2Fword@${host}:${port}/0` });
    await using one = await TestNode.start({ host, port, password: 'p@ss/word', db: 1 });
    await using other = await TestNode.start({ host, port, password: 'p@ss/word', namespace: 'other' });
    await zero.append('news', ['x']);
    for (const node of [one, other]) expect((await node.log.read('news', { limit: 1 })).entries).toEqual([]);
  });

  it('refuses a cluster client of which no node is there', async () => {
    const client = new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true });
    await expect(TestNode.start({ connect: () => client })).rejects.toMatchObject({ code: 'BROKER_DOWN' });
  });
});
