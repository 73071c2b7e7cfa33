import { RealtimeError } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { MemoryOrder } from './memory-partition.ts';
import { Node, RETENTION } from './node.ts';

const textsOf = (told: readonly object[]): unknown[] =>
  told.map((item) => ('entry' in item ? (item.entry as { text: string }).text : item));

describe('PartitionLog', () => {
  it('goes on after a loss of the connection where it was, without a gap', async () => {
    const order = new MemoryOrder();
    const [a, b] = [await Node.start(order), await Node.start(order)];
    const { told } = await b.follow('news');
    await a.append('news', 'one');
    b.partition.disconnect();
    await a.append('news', 'two');
    b.partition.connect();
    await a.append('news', 'three');
    expect(textsOf(told)).toEqual(['one', 'two', 'three']);
    expect(b.warnings).toEqual([]);
  });

  it('refuses to read and to append while it is not connected', async () => {
    const node = await Node.start(new MemoryOrder());
    node.partition.disconnect();
    await expect(node.log.read('news', { limit: 1 })).rejects.toMatchObject({ code: 'BROKER_DOWN' });
    await expect(node.append('news', 'one')).rejects.toMatchObject({ code: 'BROKER_DOWN' });
  });

  it('begins anew where the stream was made anew, with all that is there', async () => {
    const order = new MemoryOrder();
    const [a, b] = [await Node.start(order), await Node.start(order)];
    const { head, told } = await b.follow('news');
    const old = await a.append('news', 'old');
    for (const { partition } of [a, b]) partition.disconnect();
    order.recreate();
    a.partition.connect();
    await a.append('news', 'new');
    b.partition.connect();
    expect(textsOf(told.slice(0, 1))).toEqual(['old']);
    expect(told[1]).toMatchObject({ gap: 'epoch', at: { epoch: 'm2' } });
    expect(textsOf(told.slice(2))).toEqual(['new']);
    for (const place of [head, old]) {
      expect(await b.log.read('news', { after: place, limit: 9 })).toMatchObject({
        proof: 'new-epoch',
        entries: [{ text: 'new' }],
      });
    }
  });

  it('says diverged where the tail was lost, whether or not its positions were given again', async () => {
    for (const isReused of [false, true]) {
      const order = new MemoryOrder();
      const [a, b] = [await Node.start(order), await Node.start(order)];
      const { told } = await b.follow('news');
      await a.append('news', 'kept');
      const lost = await a.append('news', 'lost');
      for (const { partition } of [a, b]) partition.disconnect();
      order.loseTail(1);
      a.partition.connect();
      if (isReused) {
        await a.append('news', 'another');
        await a.append('news', 'more');
      }
      b.partition.connect();
      // It reads everything once more.
      expect((await b.log.read('news', { after: lost, limit: 9 })).proof).toBe('diverged');
      expect(await b.texts('news')).toEqual(isReused ? ['kept', 'another', 'more'] : ['kept']);
      expect(textsOf(told.slice(0, 2))).toEqual(['kept', 'lost']);
      expect(told.slice(2)).toMatchObject([{ gap: 'diverged' }]);
      await a.append('news', 'next');
      expect(textsOf(told.slice(3))).toEqual(['next']);
    }
  });

  it('says expired where what it missed was let go meanwhile', async () => {
    const order = new MemoryOrder();
    const [a, b] = [await Node.start(order), await Node.start(order)];
    const { told } = await b.follow('news');
    await a.append('news', 'one');
    b.partition.disconnect();
    for (const text of ['two', 'three', 'four']) await a.append('news', text);
    order.expire(3);
    b.partition.connect();
    await b.log.read('news', { limit: 1 });
    expect(told.slice(1)).toMatchObject([{ gap: 'expired' }]);
    expect(await a.texts('news')).toEqual(['one', 'two', 'three', 'four']);
  });

  it('drops what no node of this version wrote, and says so', async () => {
    const order = new MemoryOrder();
    const node = await Node.start(order);
    const { told } = await node.follow('news');
    const garbage = [
      '',
      'x',
      '{}',
      '[]',
      'null',
      '[1,"w",1,[["news",1,1,[["x","t"]]]]]',
      '3 w 1\nnews 1 1 1\nt 1\nx',
      '2 w\nnews 1 1 1\nt 1\nx',
      '2 w 1 news 1 1 1 t 1 x',
      '2 w 1\nnews 1 1\nt 1\nx',
      '2 w 1\nnews -1 1 1\nt 1\nx',
      '2 w 1\n 1 1 1\nt 1\nx',
      '2 w 1\nnews 1 1 2\nt 1\nx',
      '2 w 1\nnews 1 1 1\nt 1\nxx',
      '2 w 1\nnews 1 1 1\nt 2\nx',
      '2 w 1\nnews 1 1 1\nt\nx',
      '2 w 1\nnews 1 1 1\nt x\nx',
      '2 w 1\nnews 1 1 1\nno,tag 1\nx',
      '2 w 1\nnews 1 1 1\nt 1 x \nx',
      '2 w 1\nnews 1 1 1\nt 1 =%zz \nx',
      `2 w 1\nnews 1 1 1\nt 1 =${'x'.repeat(5_000)} \nx`,
      '2 w 1\nnews 1 1 1\nt 99999999999999999999\nx',
    ];
    for (const text of garbage) order.append(text);
    await node.append('news', 'ours');
    expect(textsOf(told)).toEqual(['ours']);
    expect(node.warnings).toHaveLength(garbage.length);
  });

  it('takes a record once that the broker stored twice, and none that it stored behind a younger one', async () => {
    const order = new MemoryOrder();
    const [a, b] = [await Node.start(order), await Node.start(order)];
    const { told } = await b.follow('news');
    await a.append('news', 'one');
    const place = await a.append('news', 'two');
    const [one, two] = order.texts.slice(-2).map(({ text }) => text);
    order.append(one!);
    order.append(two!);
    await a.append('news', 'three');
    expect(textsOf(told)).toEqual(['one', 'two', 'three']);
    const late = await Node.start(order);
    for (const { log } of [a, b, late]) {
      const { entries, proof } = await log.read('news', { after: place, limit: 9 });
      expect([proof, entries.map(({ text }) => text)]).toEqual(['contiguous', ['three']]);
    }
  });

  it('answers the places of what was stored, though the broker did not say so', async () => {
    const order = new MemoryOrder();
    const node = await Node.start(order);
    const { told } = await node.follow('news');
    const append = node.partition.append.bind(node.partition);
    node.partition.append = async (text) => {
      await append(text);
      throw new RealtimeError('OUTCOME_UNKNOWN', 'no answer');
    };
    const place = await node.append('news', 'one');
    expect(told).toMatchObject([{ entry: { offset: place.offset, tag: place.tag } }]);
  });

  it('rejects with OUTCOME_UNKNOWN what was not read back in time', async () => {
    const clock = new ManualClock();
    const node = await Node.start(new MemoryOrder(clock), { clock });
    node.partition.append = async () => undefined;
    const appended = node.append('news', 'one').catch((error: unknown) => error);
    await clock.pass(5_000);
    expect(await appended).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  });

  it('tells followers of a quiet channel a newer place, which another node can continue', async () => {
    const clock = new ManualClock();
    const order = new MemoryOrder(clock);
    const a = await Node.start(order, { clock, retentionMs: 60_000 });
    const { told } = await a.follow('quiet');
    const quiet = await a.append('quiet', 'one');
    // Fifteen minutes of traffic on another channel.
    for (let minute = 0; minute < 15; minute++) {
      clock.advance(60_000);
      await a.append('busy', String(minute));
    }
    clock.advance(10_000);
    order.expire(5);
    const b = await Node.start(order, { clock, retentionMs: 60_000 });
    const { moved } = told.at(-1) as { moved: typeof quiet };
    expect(moved.tag).toBe(quiet.tag);
    expect((await b.log.read('quiet', { after: moved, limit: 9 })).proof).toBe('contiguous');
    expect((await b.log.read('quiet', { after: quiet, limit: 9 })).proof).toBe('trimmed');
    await b.append('quiet', 'two');
    for (const { log } of [a, b]) {
      expect(await log.read('quiet', { after: moved, limit: 9 })).toMatchObject({
        proof: 'contiguous',
        entries: [{ text: 'two' }],
      });
    }
  });

  it('decides alike about the third copy of a publish id, though one node began to read behind the first', async () => {
    const clock = new ManualClock();
    const order = new MemoryOrder(clock);
    const a = await Node.start(order, { clock });
    await a.append('news', 'first', 'id');
    clock.advance(119_000);
    await a.append('news', 'second', 'id');
    order.expire(1);
    const b = await Node.start(order, { clock });
    clock.advance(119_000);
    await b.append('news', 'third', 'id');
    await b.append('news', 'other', 'another');
    expect(await a.texts('news')).toEqual(['first', 'other']);
    // The copy that it began with counts for the ids alone.
    expect(await b.texts('news')).toEqual(['other']);
  });

  it('lets the channels used least recently give way at the byte limit, and says trimmed', async () => {
    const node = await Node.start(new MemoryOrder(), { maxBytes: 2_000 });
    const place = await node.append('old', 'x'.repeat(500));
    await node.append('old', 'y'.repeat(500));
    await node.append('new', 'z'.repeat(1_500));
    expect((await node.log.read('old', { after: place, limit: 9 })).proof).toBe('trimmed');
    expect(await node.texts('new')).toEqual(['z'.repeat(1_500)]);
  });

  it('cuts large work into records of 256 KiB and keeps its order', async () => {
    const order = new MemoryOrder();
    const node = await Node.start(order);
    const entries = Array.from({ length: 20 }, (_, index) => ({ text: `${index} ${'\0漢\n'.repeat(10_000)}` }));
    const work = ['a', 'b'].map((channel) => ({ channel, entries, retention: RETENTION }));
    const appended = await node.log.append(work);
    for (const { text } of order.texts) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(256 * 1024);
    expect(order.texts.length).toBeGreaterThan(5);
    for (const [index, channel] of ['a', 'b'].entries()) {
      const read = await node.log.read(channel, { limit: 100 });
      expect(read.entries.map(({ text }) => text)).toEqual(entries.map(({ text }) => text));
      expect(read.entries.map(({ offset, tag }) => ({ epoch: read.epoch, offset, tag }))).toEqual(appended[index]);
    }
  });
});
