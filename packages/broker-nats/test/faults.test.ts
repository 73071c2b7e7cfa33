import { describe, expect, it } from 'vitest';
import { startNats } from '../../../tests/servers/nats.ts';
import { TestNode } from './node.ts';

describe.concurrent('a node over one NATS', () => {
  it('B1 goes on where it was when NATS is killed and started again, and says a gap on the bus', async () => {
    await using nats = await startNats();
    await using a = await TestNode.start({ url: nats.url });
    await using b = await TestNode.start({ url: nats.url });
    const seen = await b.follow('news');
    await b.broker.subscribe('bus');
    const [place] = await a.append('news', ['before']);
    await nats.kill();
    await Promise.all([a.down(), b.down()]);
    await expect(a.append('news', ['lost'])).rejects.toMatchObject({ code: 'BROKER_DOWN' });
    await expect(a.broker.publish([{ channel: 'bus', texts: ['lost'] }])).rejects.toMatchObject({
      code: 'BROKER_DOWN',
    });
    await nats.restart();
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
    await using nats = await startNats();
    await using a = await TestNode.start({ url: nats.url });
    const entries = [{ text: 'one', id: 'x' }, { text: 'two' }];
    const retention = { size: 10, ttlMs: 60_000 };
    const [places] = await a.log.append([{ channel: 'news', entries, retention }]);
    await using late = await TestNode.start({ url: nats.url });
    expect(await late.log.append([{ channel: 'news', entries: entries.slice(0, 1), retention }])).toEqual([
      [(places as readonly object[])[0]],
    ]);
    const read = await late.log.read('news', { limit: 9 });
    expect(read.entries.map(({ offset, tag }) => ({ epoch: read.epoch, offset, tag }))).toEqual(places);
  });

  it('B2 notices that NATS stands still, and that it goes on', async () => {
    await using nats = await startNats();
    await using a = await TestNode.start({ url: nats.url });
    await using b = await TestNode.start({ url: nats.url });
    const seen = await b.follow('news');
    await a.append('news', ['before']);
    nats.pause();
    const paused = performance.now();
    await Promise.all([a.down(), b.down()]);
    expect(performance.now() - paused).toBeLessThan(9_000);
    nats.resume();
    await Promise.all([a.up(), b.up()]);
    await a.append('news', ['after']);
    expect(await seen.inbox.take(2, 'what was appended')).toEqual(['before', 'after']);
  });

  it('begins a new epoch, and says so, when the streams are deleted', async () => {
    await using nats = await startNats();
    await using a = await TestNode.start({ url: nats.url });
    await using b = await TestNode.start({ url: nats.url });
    const seen = await b.follow('news');
    const [place] = await a.append('news', ['before']);
    for (let partition = 0; partition < 4; partition++) await nats.request(`$JS.API.STREAM.DELETE.rt_log_${partition}`);
    expect(await seen.inbox.take(2, 'the entry and the gap')).toEqual(['before', 'gap epoch']);
    await Promise.all([a.up(), b.up()]);
    await a.append('news', ['after']);
    expect(await seen.inbox.next('the entry of the new epoch')).toBe('after');
    expect((await b.log.read('news', { after: place!, limit: 9 })).proof).toBe('new-epoch');
  });

  it('begins a new epoch, and says so, when the streams were in memory and NATS was started anew', async () => {
    await using nats = await startNats();
    const options = { url: nats.url, storage: 'memory' } as const;
    await using a = await TestNode.start(options);
    await using b = await TestNode.start(options);
    const seen = await b.follow('news');
    const [place] = await a.append('news', ['before']);
    await nats.kill();
    await Promise.all([a.down(), b.down()]);
    await nats.restart();
    await Promise.all([a.up(), b.up()]);
    await a.append('news', ['after']);
    expect(await seen.inbox.take(3, 'both entries and the gap')).toEqual(['before', 'gap epoch', 'after']);
    expect((await b.log.read('news', { after: place!, limit: 9 })).proof).toBe('new-epoch');
  });

  it('B6 drops what others put into its subjects and streams, says so, and goes on', async () => {
    await using nats = await startNats();
    await using a = await TestNode.start({ url: nats.url });
    await using b = await TestNode.start({ url: nats.url });
    const seen = await b.follow('news');
    await b.broker.subscribe('bus');
    const bus = `rt.bus.${Buffer.from('bus').toString('base64url')}`;
    const garbage = [
      '',
      'x',
      '1b 5\nab',
      '1b 99999999999\n',
      '2b 1\na',
      '{}',
      '[1,"w",1,[["news",1,1,[[7]]]]]',
      '\0\xff',
    ];
    for (const text of garbage) {
      await nats.publish(bus, text);
      for (let partition = 0; partition < 4; partition++) await nats.publish(`rt.log.${partition}`, text);
    }
    await a.append('news', ['ours']);
    await a.broker.publish([{ channel: 'bus', texts: ['ours'] }]);
    expect(await seen.inbox.next('our entry')).toBe('ours');
    expect(await b.texts.next('our text')).toBe('ours');
    expect([seen.all, b.texts.size, b.broker.health().state]).toEqual([['ours'], 0, 'up']);
    expect(b.warnings.filter((warning) => warning.startsWith('dropped')).length).toBeGreaterThanOrEqual(2);
  });
});
