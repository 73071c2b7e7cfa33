import { describe, expect, it } from 'vitest';
import { startRedisCluster } from '../../../tests/servers/redis-cluster.ts';
import { startRedis } from '../../../tests/servers/redis.ts';
import { TestNode } from './node.ts';

describe.concurrent('what Redis tells about itself', () => {
  it.each([
    ['always', 'kept', []],
    ['everysec', 'partly', []],
    ['no', 'partly', ['warning: appendfsync is no: the system writes when it likes']],
  ])('with appendfsync %s after a restart is %s', async (appendfsync, outcome, said) => {
    await using redis = await startRedis({ password: 'a-secret', config: { appendfsync } });
    await using node = await TestNode.start({ url: redis.url, db: 2 });
    const report = await node.broker.inspect!();
    expect(report).toMatchObject({ shape: 'one server', restart: { outcome } });
    expect(report.findings.map(({ severity, what }) => `${severity}: ${what}`)).toEqual(said);
    expect(node.broker.target).toBe(`127.0.0.1:${redis.port}, database 2`);
    expect(JSON.stringify(report) + node.broker.target).not.toContain('secret');
  });

  it('is what the worst of a cluster’s masters says', async () => {
    await using cluster = await startRedisCluster({ config: { appendfsync: 'always' } });
    const [one, , third] = cluster.nodes;
    await using node = await TestNode.start({ cluster: [{ host: one!.host, port: one!.port }] });
    expect((await node.broker.inspect!()).restart.outcome).toBe('kept');
    await one!.command('CONFIG', 'SET', 'appendfsync', 'everysec');
    expect((await node.broker.inspect!()).restart.outcome).toBe('partly');
    await third!.command('CONFIG', 'SET', 'appendonly', 'no');
    const { restart, findings } = await node.broker.inspect!();
    expect(restart.outcome).toBe('lost');
    expect(findings).toMatchObject([
      { severity: 'problem', what: `127.0.0.1:${third!.port}: it keeps no append-only file` },
    ]);
  });

  it('is refused as retryable where Redis is not there', async () => {
    await using redis = await startRedis();
    await using node = await TestNode.start({ url: redis.url });
    await redis.kill();
    await node.down();
    await expect(node.broker.inspect!()).rejects.toMatchObject({ code: 'BROKER_DOWN', retryable: true });
  });
});
