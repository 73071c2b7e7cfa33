import { testBroker, testLog } from '@rt/core/conformance';
import type { BrokerUnderTest } from '@rt/core/conformance';
import { RealtimeError } from '@rt/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNatsCluster } from '../../../tests/servers/nats.ts';
import type { NatsCluster } from '../../../tests/servers/nats.ts';
import { until } from '../../../tests/servers/until.ts';
import { natsBroker } from '../src/index.ts';
import { randomName, TestNode } from './node.ts';

let cluster: NatsCluster;

beforeAll(async () => {
  cluster = await startNatsCluster();
});
afterAll(() => cluster.stop());

/** A service of its own for each test, on the same three servers: nodes connect to any of them. */
const start = async (): Promise<BrokerUnderTest> => {
  const namespace = randomName();
  return {
    broker: () => natsBroker({ servers: cluster.urls, replicas: 3, partitions: 2, namespace }),
    stop: async () => undefined,
  };
};

testBroker({ describe, it, expect }, 'NATS of three', start);
testLog({ describe, it, expect }, 'NATS of three', start);

describe('a NATS of three, each stream on all of them', () => {
  it('loses nothing that was acknowledged when the leader of a stream is killed, and refuses until there is another', async () => {
    await using own = await startNatsCluster();
    const options = { servers: own.urls, replicas: 3, partitions: 1 };
    const [a, b] = await Promise.all([TestNode.start(options), TestNode.start(options)]);
    const seen = await b.follow('news');
    const acknowledged: string[] = [];
    const append = async (text: string): Promise<string> => {
      const [outcome] = await a.log
        .append([{ channel: 'news', entries: [{ text }], retention: { size: 10_000, ttlMs: 600_000 } }])
        .catch((error: unknown) => [error]);
      if (outcome instanceof RealtimeError) return outcome.code;
      acknowledged.push(text);
      return 'ok';
    };
    for (let index = 0; index < 20; index++) expect(await append(`before ${index}`)).toBe('ok');
    await (await own.leaderOf('rt_log_0')).kill();
    const codes = new Set<string>();
    let count = 0;
    await until(
      'there is a new leader',
      async () => {
        const code = await append(`after ${count++}`);
        codes.add(code);
        return code === 'ok' && count > 5;
      },
      30_000,
    );
    expect(await append('last')).toBe('ok');
    for (const code of codes) expect(['ok', 'BROKER_DOWN', 'OUTCOME_UNKNOWN']).toContain(code);
    await Promise.all([a.up(), b.up()]);
    await until('the last entry has come', async () => seen.all.includes('last'));
    const entries = (await b.log.read('news', { limit: 10_000 })).entries.map(({ text }) => text);
    for (const text of acknowledged) {
      expect(entries).toContain(text);
      expect(seen.all.filter((one) => one === text)).toEqual([text]);
    }
    expect(seen.all).toEqual(entries);
    await Promise.all([a.close(), b.close()]);
  });
});
