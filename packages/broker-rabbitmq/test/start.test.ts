import { connect } from 'amqplib';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../tests/servers/certificate.ts';
import type { Certificate } from '../../../tests/servers/certificate.ts';
import { freePort } from '../../../tests/servers/ports.ts';
import { startRabbitmq } from '../../../tests/servers/rabbitmq.ts';
import type { RabbitmqServer } from '../../../tests/servers/rabbitmq.ts';
import { startProxy } from '../../../tests/servers/tcp-proxy.ts';
import type { RabbitmqBrokerOptions } from '../src/index.ts';
import { randomName, TestNode } from './node.ts';

let rabbitmq: RabbitmqServer;
let withoutStreams: RabbitmqServer;
let certificate: Certificate;
let tlsPort: number;

beforeAll(async () => {
  [certificate, tlsPort] = await Promise.all([makeCertificate(), freePort()]);
  const tls = [
    `listeners.ssl.1 = 127.0.0.1:${tlsPort}`,
    `ssl_options.certfile = ${certificate.certFile}`,
    `ssl_options.keyfile = ${certificate.keyFile}`,
  ];
  [rabbitmq, withoutStreams] = await Promise.all([
    startRabbitmq({ user: 'me', password: 's%cret', config: tls.join('\n') }),
    startRabbitmq({ streams: false }),
  ]);
}, 120_000);
afterAll(() => Promise.all([rabbitmq.stop(), withoutStreams.stop(), certificate[Symbol.asyncDispose]()]));

/** Options of nodes that only a single test has. */
const own = (): RabbitmqBrokerOptions & { readonly namespace: string } => ({
  url: rabbitmq.url,
  namespace: randomName(),
  partitions: 2,
});

/** What `start` says about these options, and how long that takes. */
async function refusal(options: RabbitmqBrokerOptions): Promise<{ text: string; code: string; ms: number }> {
  const at = performance.now();
  const error = await TestNode.start(options).then(
    () => new Error('it started'),
    (reason: unknown) => reason as Error,
  );
  const { code } = error as Error & { code: string };
  // Everything that a log might show of it.
  const text = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
  return { text, code, ms: performance.now() - at };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `amqp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Whether a node's texts reach another one. */
async function reaches(options: RabbitmqBrokerOptions): Promise<void> {
  await using a = await TestNode.start(options);
  await using b = await TestNode.start(options);
  for (const channel of ['news', 'more', '#', '*.bus']) {
    await b.broker.subscribe(channel);
    await a.broker.publish([{ channel, texts: [`text of ${channel}`] }]);
    expect(await b.texts.next('the text')).toBe(`text of ${channel}`);
  }
  await b.broker.unsubscribe('news');
  await a.broker.publish([
    { channel: 'news', texts: ['late'] },
    { channel: 'more', texts: ['end'] },
  ]);
  expect(await b.texts.next('the text')).toBe('end');
}

describe.concurrent('start', () => {
  it('gives up where nothing listens', async () => {
    const { code, text } = await refusal({ host: '127.0.0.1', port: 1, user: 'me', password: 'hidden-one' });
    expect([code, text.includes('127.0.0.1:1: connect ECONNREFUSED')]).toEqual(['BROKER_DOWN', true]);
    expect(text).not.toContain('hidden-one');
  });

  it('gives up where somebody listens who does not answer', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined));
    const { code, ms } = await refusal({ url: await listen(server) });
    expect(code).toBe('BROKER_DOWN');
    expect(ms).toBeLessThan(15_000);
    server.close();
  });

  it('gives up where somebody answers who is no RabbitMQ', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    const { code, ms } = await refusal({ url: await listen(server) });
    expect(code).toBe('BROKER_DOWN');
    expect(ms).toBeLessThan(15_000);
    server.close();
  });

  it('says that the password is wrong, and does not show it', async () => {
    const { text, code } = await refusal({ ...own(), user: 'me', password: 'hidden-one' });
    expect(code).toBe('BROKER_DOWN');
    expect(text).toContain('ACCESS_REFUSED');
    expect(text).not.toContain('hidden-one');
    expect(text).not.toContain('s%cret');
  });

  it('says that there is no such virtual host', async () => {
    const { text, code } = await refusal({ ...own(), vhost: 'no-such-one' });
    expect(code).toBe('BROKER_DOWN');
    expect(text).toContain('there is no vhost no-such-one');
  });

  it('takes all that says where RabbitMQ is', async () => {
    const { host, port } = rabbitmq;
    const { namespace } = own();
    const options = { namespace, partitions: 1, user: 'me', password: 's%cret' };
    for (const way of [
      { host, port },
      { url: `amqp://${host}:${port}/` },
      { servers: [rabbitmq.url], vhost: '/' },
      { url: `amqp://nobody:x@${host}:${port}/%2f` },
    ]) {
      await using node = await TestNode.start({ ...options, ...way });
      expect([node.broker.health().state, node.broker.target]).toEqual(['up', `${host}:${port}`]);
    }
  });

  it('says what to do where there are no streams, and does without where told so', async () => {
    const { text, code } = await refusal({ url: withoutStreams.url });
    expect(code).toBe('UNSUPPORTED');
    expect(text).toContain('rabbitmqctl enable_feature_flag stream_queue');
    expect(text).toContain('streams: false');
    await using node = await TestNode.start({ url: withoutStreams.url, streams: false });
    expect(node.broker.log).toBeUndefined();
    await reaches({ url: withoutStreams.url, streams: false });
  });

  it('says that RabbitMQ is too old for streams, and does without where told so', async () => {
    await using proxy = await startProxy(rabbitmq);
    // The version that it names.
    proxy.tamper('downstream', (chunk) =>
      Buffer.from(chunk.toString('latin1').replace(/(version\S{0,5}?)\d+\.\d+\.\d/, '$13.8.10'), 'latin1'),
    );
    const options = { ...own(), url: proxy.url(rabbitmq.url) };
    const { text, code } = await refusal(options);
    expect([code, text.includes('it is 3.8.10')]).toEqual(['UNSUPPORTED', true]);
    await using node = await TestNode.start({ ...options, streams: false });
    expect(node.broker.health().state).toBe('up');
  });

  it('makes the streams once, and every node takes them for the same, however many start at the same time', async () => {
    const options = own();
    const nodes = await Promise.all(Array.from({ length: 5 }, () => TestNode.start(options)));
    const followed = await Promise.all(nodes.map((node) => node.follow('news')));
    const places = await Promise.all(nodes.map((node, index) => node.append('news', [String(index)])));
    expect(new Set(places.map(([place]) => place!.epoch)).size).toBe(1);
    const seen = await Promise.all(followed.map(({ inbox }) => inbox.take(5, 'an entry of each node')));
    for (const texts of seen) expect(texts).toEqual(seen[0]);
    await Promise.all(nodes.map((node) => node.close()));
  });

  it('refuses another number of partitions than the log has, and warns of other differences', async () => {
    const options = own();
    await using first = await TestNode.start(options);
    const { text, code } = await refusal({ ...options, partitions: 3 });
    expect(code).toBe('UNSUPPORTED');
    expect(text).toContain('has 2 partitions');
    await using longer = await TestNode.start({ ...options, retentionMs: 7_200_000 });
    expect(longer.warnings.join()).toContain('x-max-age');
    await longer.append('news', ['text']);
    expect(first.warnings).toEqual([]);
  });

  it('refuses a queue that is no stream, and an exchange of another type', async () => {
    const options = own();
    const connection = await connect(rabbitmq.url);
    const channel = await connection.createChannel();
    await channel.assertQueue(`${options.namespace}.log.1`, { durable: true });
    await channel.assertExchange(options.namespace, 'direct', { durable: true });
    await connection.close();
    const queue = await refusal(options);
    expect([queue.code, queue.text.includes('is no stream')]).toEqual(['UNSUPPORTED', true]);
    const exchange = await refusal({ ...own(), exchange: options.namespace });
    expect([exchange.code, exchange.text.includes('has another type')]).toEqual(['UNSUPPORTED', true]);
  });

  it.each([
    { exchangeType: 'topic', durable: true, persistentMessages: true },
    { exchangeType: 'direct', exclusive: false, queuePrefix: 'my.', durable: true },
    { exchangeType: 'fanout', exclusive: false, autoDelete: false, durable: true, prefetchCount: 1 },
  ] as const)('works with %j', async (options) => {
    await reaches({ ...own(), exchange: randomName(), ...options });
  });

  it('needs no more than the permissions of docs/brokers/rabbitmq.md', async () => {
    const page = await readFile(new URL('../../../docs/brokers/rabbitmq.md', import.meta.url), 'utf8');
    const [, ...permissions] = /set_permissions rt '(.*)' '(.*)' '(.*)'/.exec(page) ?? [];
    await rabbitmq.control('add_user', 'rt', 'secret');
    await rabbitmq.control('set_permissions', 'rt', ...permissions);
    const options = { host: rabbitmq.host, port: rabbitmq.port, user: 'rt', password: 'secret', partitions: 2 };
    await using a = await TestNode.start(options);
    await using b = await TestNode.start(options);
    const seen = await b.follow('news');
    await b.broker.subscribe('bus');
    await a.append('news', ['text']);
    expect(await seen.inbox.next('the entry')).toBe('text');
    await a.broker.publish([{ channel: 'bus', texts: ['text'] }]);
    expect(await b.texts.next('the text')).toBe('text');
    await b.broker.unsubscribe('bus');
    expect([...a.warnings, ...b.warnings]).toEqual([]);
  });

  it('encrypts its connections where told so, and trusts nobody whom it is not told to trust', async () => {
    const login = { namespace: randomName(), partitions: 1, user: 'me', password: 's%cret' };
    for (const way of [
      { url: `amqps://127.0.0.1:${tlsPort}`, tls: { ca: certificate.cert } },
      { host: '127.0.0.1', port: tlsPort, tls: { ca: certificate.cert } },
    ]) {
      await using node = await TestNode.start({ ...login, ...way });
      await node.append('news', ['text']);
      expect(node.broker.health().state).toBe('up');
    }
    for (const way of [{ url: `amqps://127.0.0.1:${tlsPort}` }, { host: '127.0.0.1', port: tlsPort, tls: true }]) {
      const { code, text } = await refusal({ ...login, ...way });
      expect([code, /self-signed certificate/i.test(text)]).toEqual(['BROKER_DOWN', true]);
    }
  });

  it('uses connections that it is given, and closes them', async () => {
    const { namespace } = own();
    const opened: Promise<void>[] = [];
    const node = await TestNode.start({
      namespace,
      partitions: 1,
      connect: async () => {
        const connection = await connect(rabbitmq.url);
        opened.push(new Promise((resolve) => connection.on('close', () => resolve())));
        return connection;
      },
    });
    await node.append('news', ['text']);
    await node.close();
    expect(opened.length).toBe(2);
    await Promise.all(opened);
  });

  it('refuses what is larger than RabbitMQ takes, and goes on', async () => {
    await using node = await TestNode.start(own());
    const texts = ['x'.repeat(17 * 1024 * 1024)];
    await expect(node.append('news', texts)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await expect(node.broker.publish([{ channel: 'news', texts }])).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await node.append('news', ['x'.repeat(100_000), 'y'.repeat(200_000), 'z'.repeat(100_000)]);
    expect(node.broker.health().state).toBe('up');
  });
});

describe('close', () => {
  it('ends while RabbitMQ stands still', async () => {
    const node = await TestNode.start(own());
    rabbitmq.pause();
    try {
      const at = performance.now();
      await node.close();
      expect(performance.now() - at).toBeLessThan(5_000);
    } finally {
      rabbitmq.resume();
    }
  });
});
