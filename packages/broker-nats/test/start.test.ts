import { connect } from '@nats-io/transport-node';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startNats } from '../../../tests/servers/nats.ts';
import type { NatsBrokerOptions } from '../src/index.ts';
import { TestNode } from './node.ts';

/** What `start` says about these options, and how long that takes. */
async function refusal(options: NatsBrokerOptions): Promise<{ text: string; code: string; ms: number }> {
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
  return `nats://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.concurrent('start', () => {
  it('gives up where somebody listens who does not answer', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined));
    const { code, ms } = await refusal({ url: await listen(server) });
    expect(code).toBe('BROKER_DOWN');
    expect(ms).toBeLessThan(15_000);
    server.close();
  });

  it('gives up where somebody answers who is no NATS', async () => {
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
    await using nats = await startNats({ user: 'me', password: 'secret' });
    const url = `nats://127.0.0.1:${nats.port}`;
    const { text, code } = await refusal({ url, user: 'me', password: 'hidden-one' });
    expect(code).toBe('BROKER_DOWN');
    expect(text.toLowerCase()).toContain('authorization');
    expect(text).not.toContain('hidden-one');
    await using node = await TestNode.start({ url, user: 'me', password: 'secret' });
    expect(node.broker.health().state).toBe('up');
  });

  it('takes user and password from the URL', async () => {
    await using nats = await startNats({ user: 'me', password: 's%cret' });
    await using node = await TestNode.start({ url: nats.url });
    expect(node.broker.health().state).toBe('up');
  });

  it('says what to do where there is no JetStream, and does without where told so', async () => {
    await using nats = await startNats({ jetstream: false });
    const { text, code } = await refusal({ url: nats.url });
    expect(code).toBe('UNSUPPORTED');
    expect(text).toContain('-js');
    expect(text).toContain('jetstream: false');
    await using node = await TestNode.start({ url: nats.url, jetstream: false });
    expect(node.broker.log).toBeUndefined();
    await node.broker.subscribe('news');
    await node.broker.publish([{ channel: 'news', texts: ['text'] }]);
    expect(await node.texts.next('the text')).toBe('text');
  });

  it('makes the streams once, however many nodes start at the same time', async () => {
    await using nats = await startNats();
    const nodes = await Promise.all(Array.from({ length: 5 }, () => TestNode.start({ url: nats.url })));
    const followed = await Promise.all(nodes.map((node) => node.follow('news')));
    await Promise.all(nodes.map((node, index) => node.append('news', [String(index)])));
    const seen = await Promise.all(followed.map(({ inbox }) => inbox.take(5, 'an entry of each node')));
    for (const texts of seen) expect(texts).toEqual(seen[0]);
    await Promise.all(nodes.map((node) => node.close()));
  });

  it('refuses another number of partitions than the log has, and warns of other differences', async () => {
    await using nats = await startNats();
    await using first = await TestNode.start({ url: nats.url, partitions: 2 });
    const { text, code } = await refusal({ url: nats.url, partitions: 3 });
    expect(code).toBe('UNSUPPORTED');
    expect(text).toContain('has 2 partitions');
    await using other = await TestNode.start({ url: nats.url, partitions: 2, storage: 'memory' });
    expect(other.warnings.join()).toContain('storage');
    await using longer = await TestNode.start({ url: nats.url, partitions: 2, retentionMs: 7_200_000 });
    expect(longer.warnings.join()).toContain('retentionMs');
    expect(first.warnings).toEqual([]);
  });

  it('needs no more than the permissions of docs/brokers/nats.md', async () => {
    const page = await readFile(new URL('../../../docs/brokers/nats.md', import.meta.url), 'utf8');
    const [, config] = /```text\n(authorization \{[^`]*)```/.exec(page) ?? [];
    await using nats = await startNats({ config: config! });
    const options = { url: `nats://rt:secret@127.0.0.1:${nats.port}` };
    await using a = await TestNode.start(options);
    await using b = await TestNode.start(options);
    const seen = await b.follow('news');
    await b.broker.subscribe('bus');
    await a.append(
      'news',
      Array.from({ length: 2_000 }, () => 'x'.repeat(500)),
    );
    await a.broker.publish([{ channel: 'bus', texts: ['text'] }]);
    expect(await b.texts.next('the text')).toBe('text');
    await seen.inbox.take(2_000, 'the entries');
    await b.broker.unsubscribe('bus');
    await nats.kill();
    await Promise.all([a.down(), b.down()]);
    await nats.restart();
    await Promise.all([a.up(), b.up()]);
    await a.append('news', ['after']);
    expect(await seen.inbox.next('the last entry')).toBe('after');
    const warnings = [...a.warnings, ...b.warnings].join('\n');
    expect(warnings.toLowerCase()).not.toContain('permission');
  });

  it('uses a connection that it is given, and closes it', async () => {
    await using nats = await startNats();
    const connection = await connect({ servers: `127.0.0.1:${nats.port}`, maxReconnectAttempts: -1 });
    const node = await TestNode.start({ connect: async () => connection });
    await node.append('news', ['text']);
    await node.close();
    expect(connection.isClosed()).toBe(true);
  });

  it('can be closed while NATS stands still', async () => {
    await using nats = await startNats();
    const node = await TestNode.start({ url: nats.url });
    nats.pause();
    const at = performance.now();
    await node.close();
    expect(performance.now() - at).toBeLessThan(5_000);
  });

  it('refuses what is larger than NATS takes, and goes on', async () => {
    await using nats = await startNats({ config: 'max_payload: 300KB' });
    await using node = await TestNode.start({ url: nats.url });
    await expect(node.append('news', ['x'.repeat(400_000)])).rejects.toMatchObject({ code: 'TOO_LARGE' });
    const texts = ['x'.repeat(400_000)];
    await expect(node.broker.publish([{ channel: 'news', texts }])).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await node.append('news', ['x'.repeat(100_000), 'y'.repeat(100_000), 'z'.repeat(100_000)]);
    expect(node.broker.health().state).toBe('up');
  });
});
