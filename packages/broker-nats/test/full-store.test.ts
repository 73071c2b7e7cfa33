import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startNats } from '../../../tests/servers/nats.ts';
import { until } from '../../../tests/servers/until.ts';
import { TestNode } from './node.ts';

it('B5 refuses messages as retryable while the store of NATS is full, and takes them when there is room', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rt-nats-store-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  const config = `jetstream { store_dir: "${dir}", max_memory_store: 1048576, max_file_store: 4194304 }`;
  await using nats = await startNats({ jetstream: false, config });
  await using node = await TestNode.start({ url: nats.url, partitions: 1 });
  const seen = await node.follow('news');
  await node.broker.subscribe('bus');
  let taken = 0;
  let refusal: unknown;
  await until('it is full', async () => {
    refusal = await node.append('news', ['x'.repeat(100_000)]).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refusal === undefined) taken++;
    return refusal !== undefined;
  });
  expect(refusal).toMatchObject({ code: 'BROKER_DOWN', retryable: true });
  await seen.inbox.take(taken, 'all that was taken');
  await nats.request('$JS.API.STREAM.PURGE.rt_log_0');
  await node.up();
  await until('it takes messages again', () => node.append('news', ['after']).then(() => true));
  await until('the message is there', async () => seen.all.includes('after'));
  await node.broker.publish([{ channel: 'bus', texts: ['text'] }]);
  expect(await node.texts.next('a text on the bus')).toBe('text');
});
