import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis } from '../../../tests/servers/redis.ts';
import type { RedisServer } from '../../../tests/servers/redis.ts';
import { Names } from '../src/names.ts';
import { PLENTY, placesOf, randomName, TestNode } from './node.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** Two nodes of a namespace of their own. */
async function pair(): Promise<{ a: TestNode; b: TestNode; names: Names } & AsyncDisposable> {
  const namespace = randomName();
  const [a, b] = await Promise.all([
    TestNode.start({ url: redis.url, namespace }),
    TestNode.start({ url: redis.url, namespace }),
  ]);
  const dispose = async (): Promise<void> => {
    await Promise.all([a.close(), b.close()]);
  };
  return { a, b, names: new Names(namespace), [Symbol.asyncDispose]: dispose };
}

describe('what someone else wrote into Redis', () => {
  it.each(['head', 'stream'] as const)('fails its own channel alone where a %s is of another type', async (kind) => {
    await using nodes = await pair();
    const { a, b, names } = nodes;
    const [bad, good] = [randomName(), randomName()];
    // A stream without a head would be no stream of ours, and is replaced.
    if (kind === 'stream') await a.append(bad, ['first']);
    await redis.command('DEL', names[kind](bad));
    await redis.command('LPUSH', names[kind](bad), 'not ours');
    const seen = await b.follow(good);
    const entries = [{ text: 'x', id: 'one' }];
    const work = [bad, good].map((channel) => ({ channel, entries, retention: PLENTY }));
    const [refused, taken] = await a.log.append(work);
    const message = expect.stringContaining('WRONGTYPE') as string;
    expect(refused).toMatchObject({ code: 'BROKER_DOWN', retryable: true, message });
    expect(placesOf(taken!)).toHaveLength(1);
    expect(await seen.inbox.next('the good channel’s entry')).toBe('x');
    await expect(b.log.read(bad, { limit: 1 })).rejects.toMatchObject({ code: 'BROKER_DOWN' });
    await redis.command('DEL', names[kind](bad));
    // The publish id was not used up by the attempt that failed.
    const [again] = await a.log.append(work.slice(0, 1));
    const [place] = placesOf(again!);
    expect((await b.log.read(bad, { limit: 9 })).entries.map(({ offset }) => offset)).toEqual([place!.offset]);
  });

  it('begins a new epoch where a head can not be read, or was set back', async () => {
    await using nodes = await pair();
    const { a, b, names } = nodes;
    for (const head of ['', 'garbage', 'epoch -1 x 1 1', 'epoch 0 0 1000 10']) {
      const channel = randomName();
      const [before] = await a.append(channel, ['1', '2', '3']);
      const seen = await b.follow(channel);
      await redis.command('SET', names.head(channel), head);
      const [after] = await a.append(channel, ['4']);
      expect(after!.epoch).not.toBe(before!.epoch);
      expect(await seen.inbox.take(2, 'a gap and the entry')).toEqual(['gap epoch', '4']);
    }
  });

  it('is dropped, counted and warned of once where it is published on a channel, and what follows arrives', async () => {
    await using nodes = await pair();
    const { a, b, names } = nodes;
    const channel = randomName();
    await b.broker.subscribe(channel);
    const seen = await b.follow(channel);
    const garbage = [
      '',
      'x',
      '2b 1\nx',
      '1b 5\nx',
      '2l a 1 0 0 0\n',
      '2r x 1 1\nx',
      '1l e 0 1 0 0\nx 1\nx',
      `2l e 0 ${'9'.repeat(9)} 0 0\nx ${'9'.repeat(9)} 1\nx`,
      '{"a":1}',
      '1p ',
      randomBytes(300).toString('latin1'),
    ];
    for (const text of garbage) await redis.command('SPUBLISH', names.stream(channel), text);
    // In our form, but never stored: another epoch, far ahead, far behind.
    const forged = [
      '2l other 1 1 0 0\nx 1 1\nx',
      '2l e 900 1 y 0\nx 1 1\nx',
      `2l ${seen.head!.epoch} 77 1 z 0\nx 1 1\nx`,
    ];
    for (const text of forged) await redis.command('SPUBLISH', names.stream(channel), text);
    await a.append(channel, ['entry']);
    await a.broker.publish([{ channel, texts: ['text'] }]);
    expect(await seen.inbox.next('the entry')).toBe('entry');
    expect(await b.texts.next('the text')).toBe('text');
    expect(seen.all).toEqual(['entry']);
    expect(b.warnings).toHaveLength(1);
    expect(b.broker.health()).toEqual({ state: 'up' });
  });

  it('is left out of a read where it is in a stream', async () => {
    await using nodes = await pair();
    const { a, b, names } = nodes;
    const channel = randomName();
    await a.append(channel, ['1']);
    await redis.command('XADD', names.stream(channel), '2-1', 'q', 'garbage');
    const { entries, proof } = await b.log.read(channel, { limit: 10 });
    expect([entries.map(({ text }) => text), proof]).toEqual([['1'], 'contiguous']);
  });
});

describe('SCRIPT FLUSH', () => {
  it('loses and doubles nothing, and swaps nothing of a publisher that waits for each place', async () => {
    await using nodes = await pair();
    const { a, b } = nodes;
    const texts = Array.from({ length: 2_000 }, (_, index) => String(index));
    // Each of the two makes the script known again while appends of the other one are under way.
    const publish = async (node: TestNode, follower: TestNode, isPatient: boolean): Promise<void> => {
      const channel = randomName();
      const seen = await follower.follow(channel);
      const appended: Promise<unknown>[] = [];
      for (const text of texts) {
        appended.push(node.append(channel, [text]));
        await (isPatient ? appended.at(-1) : turn());
      }
      await Promise.all(appended);
      const got = await seen.inbox.take(texts.length, 'every entry');
      if (!isPatient) got.sort((one, other) => Number(one) - Number(other));
      expect(got).toEqual(texts);
    };
    const stop = new AbortController();
    const flushing = (async () => {
      while (!stop.signal.aborted) await redis.command('SCRIPT', 'FLUSH');
    })();
    await Promise.all([publish(a, b, true), publish(b, a, true), publish(a, b, false)]).finally(() => stop.abort());
    await flushing;
  });
});

describe('FLUSHALL', () => {
  it('is a new epoch for followers, with traffic and without', async () => {
    await using nodes = await pair();
    const { a, b } = nodes;
    const [busy, idle] = [randomName(), randomName()];
    const seen = [await b.follow(busy), await b.follow(idle)] as const;
    for (const channel of [busy, idle]) await a.append(channel, ['before']);
    for (const { inbox } of seen) await inbox.next('the entry before');
    await redis.command('FLUSHALL');
    await a.append(busy, ['after']);
    expect(await seen[0].inbox.take(2, 'a gap and the entry')).toEqual(['gap epoch', 'after']);
    expect(await seen[1].inbox.next('a gap')).toBe('gap epoch');
    await a.append(idle, ['after']);
    expect(await seen[1].inbox.next('the entry')).toBe('after');
  });
});
