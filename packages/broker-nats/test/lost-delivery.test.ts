import { describe, expect, it } from 'vitest';
import { deliversStored, startNatsProxy } from '../../../tests/servers/nats-proxy.ts';
import { startNats } from '../../../tests/servers/nats.ts';
import { TestNode } from './node.ts';

describe.concurrent('a delivery that NATS loses on its way to a node', () => {
  it('B4 is read again from the stream when the next one shows that it is missing', async () => {
    await using nats = await startNats();
    await using proxy = await startNatsProxy(nats);
    await using publisher = await TestNode.start({ url: nats.url });
    await using node = await TestNode.start({ url: proxy.url(nats.url) });
    const seen = await node.follow('news');
    await publisher.append('news', ['first']);
    expect(await seen.inbox.next('the first')).toBe('first');
    const dropped = proxy.dropNext('downstream', deliversStored('lost'));
    await publisher.append('news', ['lost']);
    await dropped;
    await publisher.append('news', ['next']);
    expect(await seen.inbox.take(2, 'the lost one and the next')).toEqual(['lost', 'next']);
    expect(seen.all).toEqual(['first', 'lost', 'next']);
    expect(node.warnings.join()).toContain('a message is missing');
  });

  it('B4 is read again from the stream when no other one comes', async () => {
    await using nats = await startNats();
    await using proxy = await startNatsProxy(nats);
    await using publisher = await TestNode.start({ url: nats.url });
    await using node = await TestNode.start({ url: proxy.url(nats.url) });
    const seen = await node.follow('news');
    const dropped = proxy.dropNext('downstream', deliversStored('lost'));
    await publisher.append('news', ['lost']);
    await dropped;
    expect(await seen.inbox.next('the lost one')).toBe('lost');
    await node.up();
  });

  it('B4 is read again under load too, in order and without doubles', async () => {
    await using nats = await startNats();
    await using proxy = await startNatsProxy(nats);
    await using publisher = await TestNode.start({ url: nats.url });
    await using node = await TestNode.start({ url: proxy.url(nats.url) });
    const seen = await node.follow('news');
    const texts = Array.from({ length: 600 }, (_, index) => `entry ${index}.`);
    for (const [index, text] of texts.entries()) {
      const dropped = index % 200 === 100 ? proxy.dropNext('downstream', deliversStored(text)) : undefined;
      await publisher.append('news', [text]);
      await dropped;
    }
    await seen.inbox.take(600, 'every entry');
    expect(seen.all).toEqual(texts);
  });
});
