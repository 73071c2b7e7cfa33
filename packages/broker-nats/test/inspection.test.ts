import { describe, expect, it } from 'vitest';
import { startNats, startNatsCluster } from '../../../tests/servers/nats.ts';
import { until } from '../../../tests/servers/until.ts';
import { TestNode } from './node.ts';

describe.concurrent('what NATS tells about itself', () => {
  it('has no findings where all is well, and no secrets', async () => {
    await using nats = await startNats({ user: 'me', password: 'a-secret' });
    await using node = await TestNode.start({ url: nats.url });
    const report = await node.broker.inspect!();
    expect(report).toMatchObject({ shape: 'one server', restart: { outcome: 'kept' }, findings: [] });
    expect(report.service).toMatch(/^NATS \d+\.\d+/);
    expect(node.broker.target).toBe(`127.0.0.1:${nats.port}`);
    expect(JSON.stringify(report) + node.broker.target).not.toContain('secret');
  });

  it('names a max_payload that is too small for what a node sends in a turn', async () => {
    await using nats = await startNats({ config: 'max_payload: 300KB' });
    await using node = await TestNode.start({ url: nats.url });
    const { findings } = await node.broker.inspect!();
    expect(findings).toMatchObject([
      { severity: 'warning', what: expect.stringContaining('max_payload is 307200') as string },
    ]);
  });

  it('rejects where NATS does not answer', async () => {
    await using nats = await startNats();
    await using node = await TestNode.start({ url: nats.url });
    await nats.kill();
    await node.down();
    await expect(node.broker.inspect!()).rejects.toMatchObject({ code: 'BROKER_DOWN' });
  });

  it('warns while a server of three is away', { timeout: 90_000 }, async () => {
    await using cluster = await startNatsCluster();
    const options = { servers: cluster.urls, replicas: 3, partitions: 1 };
    await using node = await TestNode.start(options);
    const findings = async (): Promise<readonly string[]> =>
      (await node.broker.inspect!()).findings.map(({ severity, what }) => `${severity}: ${what}`);
    await until('all three have the stream', async () => (await findings()).length === 0);
    const leader = await cluster.leaderOf('rt_log_0');
    const other = cluster.nodes.find((server) => server !== leader)!;
    await other.kill();
    const warning = 'warning: the stream rt_log_0 is not whole on every server';
    await until('it is missed', async () => (await findings()).some((text) => text.startsWith(warning)), 40_000);
    await other.restart();
    await until('it has caught up', async () => (await findings()).length === 0, 40_000);
  });
});
