import { describe, expect, it } from 'vitest';
import { startRedis } from '../../../tests/servers/redis.ts';
import { Names } from '../src/names.ts';
import { PLENTY, placesOf, randomName, TestNode } from './node.ts';

const CHANNELS = 5_000;

describe('a node that follows 5,000 channels', () => {
  it('B1 is whole soon after Redis is back, and has what was published meanwhile', { timeout: 60_000 }, async () => {
    await using redis = await startRedis();
    await using a = await TestNode.start({ url: redis.url });
    await using b = await TestNode.start({ url: redis.url });
    const prefix = randomName();
    const channels = Array.from({ length: CHANNELS }, (_, index) => `${prefix}.${index}`);
    const seen = await Promise.all(channels.map((channel) => b.follow(channel)));
    await Promise.all(channels.map((channel) => b.broker.subscribe(channel)));
    await redis.kill();
    await Promise.all([a.down(), b.down()]);
    await redis.restart();
    const back = performance.now();
    await a.up();
    const work = channels.map((channel) => ({ channel, entries: [{ text: channel }], retention: PLENTY }));
    for (const appended of await a.log.append(work)) placesOf(appended);
    await b.up();
    // Three times the target.
    expect(performance.now() - back).toBeLessThan(9_000);
    for (const [index, { inbox }] of seen.entries()) expect(await inbox.next('the entry')).toBe(channels[index]);
    expect((await b.gaps.next('word of the gap')).length).toBe(CHANNELS);
  });

  it('B6 takes a message of 8 MB, and drops garbage of 4 MB', async () => {
    await using redis = await startRedis();
    await using a = await TestNode.start({ url: redis.url });
    const channel = randomName();
    const seen = await a.follow(channel);
    await a.broker.subscribe(channel);
    // Less than the 32 MB beyond which Redis closes a subscriber's connection.
    for (const kind of ['1l', '1b']) {
      await redis.command('SPUBLISH', new Names('rt').stream(channel), `${kind} ${'7'.repeat(4 * 1024 * 1024)}`);
    }
    const text = 'é'.repeat(4 * 1024 * 1024);
    await a.append(channel, [text, 'small']);
    expect((await seen.inbox.next('the large one')) === text).toBe(true);
    expect(await seen.inbox.next('the small one')).toBe('small');
    const [again] = (await a.log.read(channel, { limit: 2 })).entries;
    expect(again?.text === text).toBe(true);
    expect([seen.all.length, a.texts.size, a.warnings.length]).toEqual([2, 0, 1]);
  });
});
