import { connect } from 'amqplib';
import type { ConfirmChannel } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliversMessage, startRabbitmqProxy } from '../../../tests/servers/rabbitmq-proxy.ts';
import { startRabbitmq } from '../../../tests/servers/rabbitmq.ts';
import type { RabbitmqServer } from '../../../tests/servers/rabbitmq.ts';
import { startProxy } from '../../../tests/servers/tcp-proxy.ts';
import { until } from '../../../tests/servers/until.ts';
import type { RabbitmqBrokerOptions } from '../src/index.ts';
import { Names } from '../src/names.ts';
import { randomName, TestNode } from './node.ts';

let rabbitmq: RabbitmqServer;

beforeAll(async () => {
  rabbitmq = await startRabbitmq();
}, 120_000);
afterAll(() => rabbitmq.stop());

/** Options of nodes that only a single test has. */
const own = (): RabbitmqBrokerOptions & { readonly namespace: string } => ({
  url: rabbitmq.url,
  namespace: randomName(),
  partitions: 2,
});

/** What a stream holds, from its beginning up to the message with `text` in it. */
async function stored(stream: string, text: string): Promise<readonly Buffer[]> {
  const messages: Buffer[] = [];
  await stranger(async (channel) => {
    await channel.prefetch(100);
    await new Promise<void>((resolve) => {
      void channel.consume(
        stream,
        (message) => {
          messages.push(message!.content);
          if (message!.content.includes(text)) resolve();
        },
        { arguments: { 'x-stream-offset': 'first' } },
      );
    });
  });
  return messages.slice(0, messages.findIndex((message) => message.includes(text)) + 1);
}

/** A channel of somebody else. */
async function stranger(run: (channel: ConfirmChannel) => Promise<unknown>): Promise<void> {
  const connection = await connect(rabbitmq.url);
  await run(await connection.createConfirmChannel());
  await connection.close();
}

// One after the other: they share a server, and do to it what others would feel.
describe('a node over one RabbitMQ', { timeout: 90_000 }, () => {
  it('goes on where it was when RabbitMQ is killed and started again, and says a gap on the bus', async () => {
    const options = own();
    await using a = await TestNode.start(options);
    await using b = await TestNode.start(options);
    const seen = await b.follow('news');
    await b.broker.subscribe('bus');
    const [place] = await a.append('news', ['before']);
    await rabbitmq.kill();
    await Promise.all([a.down(), b.down()]);
    await expect(a.append('news', ['lost'])).rejects.toMatchObject({ code: 'BROKER_DOWN' });
    await expect(a.broker.publish([{ channel: 'bus', texts: ['lost'] }])).rejects.toMatchObject({
      code: 'BROKER_DOWN',
    });
    await rabbitmq.restart();
    await Promise.all([a.up(), b.up()]);
    expect(await b.gaps.next('the gap of the bus')).toEqual(['bus']);
    await a.append('news', ['after']);
    await a.broker.publish([{ channel: 'bus', texts: ['after'] }]);
    expect(await b.texts.next('a text after the restart')).toBe('after');
    expect(await seen.inbox.take(2, 'what was appended')).toEqual(['before', 'after']);
    const read = await b.log.read('news', { after: place!, limit: 9 });
    expect([read.proof, read.entries.map(({ text }) => text)]).toEqual(['contiguous', ['after']]);
  });

  it('gives a node that starts later the same places and publish ids', async () => {
    const options = own();
    await using a = await TestNode.start(options);
    const entries = [{ text: 'one', id: 'x' }, { text: 'two' }];
    const retention = { size: 10, ttlMs: 60_000 };
    const [places] = await a.log.append([{ channel: 'news', entries, retention }]);
    await using late = await TestNode.start(options);
    expect(await late.log.append([{ channel: 'news', entries: entries.slice(0, 1), retention }])).toEqual([
      [(places as readonly object[])[0]],
    ]);
    const read = await late.log.read('news', { limit: 9 });
    expect(read.entries.map(({ offset, tag }) => ({ epoch: read.epoch, offset, tag }))).toEqual(places);
  });

  it('begins a new epoch, and says so, when the streams are deleted', async () => {
    const options = own();
    await using a = await TestNode.start(options);
    await using b = await TestNode.start(options);
    const seen = await b.follow('news');
    const [place] = await a.append('news', ['before']);
    await stranger(async (channel) => {
      for (const partition of [0, 1]) await channel.deleteQueue(`${options.namespace}.log.${partition}`);
    });
    expect(await seen.inbox.take(2, 'the entry and the gap')).toEqual(['before', 'gap epoch']);
    await Promise.all([a.up(), b.up()]);
    await until('both nodes know the new stream', () => a.append('news', ['after']).then(() => true));
    expect(await seen.inbox.next('the entry of the new epoch')).toBe('after');
    expect((await b.log.read('news', { after: place!, limit: 9 })).proof).toBe('new-epoch');
  });

  it('drops what others put into its exchange, queues and streams, says so, and goes on [B6]', async () => {
    const options = own();
    await using a = await TestNode.start(options);
    await using b = await TestNode.start(options);
    const seen = await b.follow('news');
    await b.broker.subscribe('bus');
    const garbage = [
      '',
      'x',
      '1b 5\nab',
      '1b 99999999999\n',
      '1b 3,1\nbus2',
      '1b 3,10,1\nbus9999999999x',
      '2b 1\na',
      '{}',
      '1l nobody 1 2\n[1,"w",1,[["news",10,1000,[["theirs","t"]]]]]',
      '1m nobody 1 2\n[1,"w",1,[["news",1,1,[[7]]]]]',
      '1l x 99999999999999999 2\n',
      '[1,"w",1,[["news",10,1000,[["theirs","t"]]]]]',
      '\0\xff',
      'x'.repeat(300_000),
    ];
    await stranger(async (channel) => {
      for (const text of garbage) {
        for (let key = 0; key < 64; key++) {
          channel.publish('realtime', `${options.namespace}.bus.${key}`, Buffer.from(text, 'latin1'));
        }
        for (const partition of [0, 1]) {
          channel.sendToQueue(`${options.namespace}.log.${partition}`, Buffer.from(text, 'latin1'));
        }
      }
      await channel.waitForConfirms();
    });
    await a.append('news', ['ours']);
    await a.broker.publish([{ channel: 'bus', texts: ['ours'] }]);
    expect(await seen.inbox.next('our entry')).toBe('ours');
    expect(await b.texts.next('our text')).toBe('ours');
    expect([seen.all, b.texts.size, b.broker.health().state]).toEqual([['ours'], 0, 'up']);
    expect(b.warnings.filter((warning) => warning.startsWith('dropped')).length).toBeGreaterThanOrEqual(2);
    await using late = await TestNode.start(options);
    expect((await late.log.read('news', { limit: 9 })).entries.map(({ text }) => text)).toEqual(['ours']);
  });

  it('reads on while a proxy cuts its connections, and loses nothing of what was appended', async () => {
    await using proxy = await startProxy(rabbitmq);
    const options = own();
    await using a = await TestNode.start(options);
    await using b = await TestNode.start({ ...options, url: proxy.url(rabbitmq.url) });
    const seen = await b.follow('news');
    await b.broker.subscribe('bus');
    const texts: string[] = [];
    for (let cut = 0; cut < 3; cut++) {
      proxy.cut();
      for (let index = 0; index < 10; index++) {
        texts.push(`${cut}.${index}`);
        await a.append('news', [texts.at(-1)!]);
      }
      expect(await b.gaps.next('the gap of the bus')).toEqual(['bus']);
      await b.up();
    }
    expect(await seen.inbox.take(texts.length, 'what was appended')).toEqual(texts);
  });

  it('B4 reads again from the stream what was lost on its way, when the next one shows it or nothing else comes', async () => {
    await using proxy = await startRabbitmqProxy(rabbitmq);
    const options = own();
    await using publisher = await TestNode.start(options);
    await using node = await TestNode.start({ ...options, url: proxy.url(rabbitmq.url) });
    const seen = await node.follow('news');
    const texts = Array.from({ length: 100 }, (_, index) => `entry ${index}.`);
    for (const [index, text] of texts.entries()) {
      const dropped = index % 40 === 20 ? proxy.dropNext('downstream', deliversMessage(text)) : undefined;
      await publisher.append('news', [text]);
      await dropped;
    }
    const last = proxy.dropNext('downstream', deliversMessage('the last'));
    await publisher.append('news', ['the last']);
    await last;
    await seen.inbox.take(101, 'every entry');
    expect(seen.all).toEqual([...texts, 'the last']);
    expect(node.warnings.join()).toContain('a message is missing');
  });

  it('B4 says a gap where a message of the bus was lost on its way', async () => {
    await using proxy = await startRabbitmqProxy(rabbitmq);
    const options = own();
    await using publisher = await TestNode.start(options);
    await using node = await TestNode.start({ ...options, url: proxy.url(rabbitmq.url) });
    await node.broker.subscribe('bus');
    const lost = proxy.dropNext('downstream', deliversMessage('lost'));
    await publisher.broker.publish([{ channel: 'bus', texts: ['lost'] }]);
    await lost;
    expect(await node.gaps.next('the gap')).toEqual(['bus']);
    await node.up();
    await publisher.broker.publish([{ channel: 'bus', texts: ['next'] }]);
    expect(await node.texts.next('the next one')).toBe('next');
  });

  it('says diverged where the newest entries are lost, and goes on', async () => {
    await using proxy = await startProxy(rabbitmq);
    const options = { ...own(), url: proxy.url(rabbitmq.url), partitions: 1 };
    await using a = await TestNode.start(options);
    await using b = await TestNode.start(options);
    const seen = await b.follow('news');
    const [place] = await a.append('news', ['kept']);
    const kept = await stored(`${options.namespace}.log.0`, 'kept');
    // So many that the stream ends before them, also with what nodes append when they come back.
    for (let index = 0; index < 20; index++) await a.append('news', ['lost']);
    await seen.inbox.take(21, 'the entries');
    await proxy.refuse();
    proxy.cut();
    await Promise.all([a.down(), b.down()]);
    await stranger(async (channel) => {
      const queue = `${options.namespace}.log.0`;
      await channel.deleteQueue(queue);
      await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'stream' } });
      for (const message of kept) channel.sendToQueue(queue, message);
      await channel.waitForConfirms();
    });
    await proxy.accept();
    expect(await seen.inbox.next('the gap')).toBe('gap diverged');
    await Promise.all([a.up(), b.up()]);
    await a.append('news', ['after']);
    expect(await seen.inbox.next('the entry afterwards')).toBe('after');
    const read = await b.log.read('news', { after: place!, limit: 9 });
    expect([read.proof, read.entries.map(({ text }) => text)]).toEqual(['contiguous', ['after']]);
  });

  it('delivers nothing that was published before a subscription, though another channel has its key', async () => {
    await using proxy = await startProxy(rabbitmq);
    const options = own();
    await using a = await TestNode.start(options);
    await using b = await TestNode.start({ ...options, url: proxy.url(rabbitmq.url) });
    const names = new Names(options.namespace, '');
    const channel = randomName();
    const other = Array.from({ length: 1_000 }, randomName).find((name) => names.bus(name) === names.bus(channel))!;
    await b.broker.subscribe(other);
    // What is published waits on its way while the subscription begins.
    proxy.latency(100, ['downstream']);
    await a.broker.publish([{ channel, texts: ['before'] }]);
    await b.broker.subscribe(channel);
    await a.broker.publish([{ channel, texts: ['after'] }]);
    expect(await b.texts.next('the text')).toBe('after');
  });

  it('refuses as retryable while RabbitMQ is short of memory, and goes on afterwards [B5]', async () => {
    const options = own();
    await using a = await TestNode.start(options);
    await using b = await TestNode.start(options);
    const seen = await b.follow('news');
    await a.append('news', ['before']);
    try {
      await rabbitmq.control('set_vm_memory_high_watermark', 'absolute', '1MB');
      await Promise.all([a.down(), b.down()]);
      await until('RabbitMQ says why', async () => a.warnings.some((warning) => warning.includes('takes no messages')));
      await expect(a.append('news', ['refused'])).rejects.toMatchObject({ code: 'BROKER_DOWN' });
      await expect(a.broker.publish([{ channel: 'bus', texts: ['refused'] }])).rejects.toMatchObject({
        code: 'BROKER_DOWN',
      });
    } finally {
      await rabbitmq.control('set_vm_memory_high_watermark', 'absolute', '1GB');
    }
    await Promise.all([a.up(), b.up()]);
    await a.append('news', ['after']);
    expect(await seen.inbox.take(2, 'what was appended')).toEqual(['before', 'after']);
    expect(a.gaps.size + b.gaps.size).toBe(0);
  });
});
