import type { LogPage, LogRead, NewEntry, Retention } from '@rt/core';
import type { Position } from '@rt/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedRedis } from '../../../tests/servers/redis.ts';
import type { Redis } from '../../../tests/servers/redis.ts';
// The memory log's own ring: both must answer alike.
import { Ring } from '../../core/src/memory/ring.ts';
import { placesOf, randomName, TestNode } from './node.ts';

let redis: Redis;
let nodes: readonly TestNode[];

beforeAll(async () => {
  redis = await sharedRedis();
  const namespace = randomName();
  nodes = [await TestNode.start({ url: redis.url, namespace }), await TestNode.start({ url: redis.url, namespace })];
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await redis.stop();
});

const newEntry: fc.Arbitrary<NewEntry> = fc.oneof(
  fc.record({
    text: fc.string({ maxLength: 5 }),
    id: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined }),
    except: fc.option(fc.constant('hash'), { nil: undefined }),
  }),
  fc
    .array(fc.stringMatching(/^[^\n]{0,5}$/), { minLength: 2, maxLength: 5 })
    .map((lines) => ({ text: lines.join('\n'), count: lines.length })),
);
const place = fc.record({
  index: fc.nat({ max: 60 }),
  strange: fc.constantFrom('', '', '', '', 'tag', 'epoch', 'offset'),
});
const step = fc.oneof(
  fc.record({
    do: fc.constant('append' as const),
    node: fc.nat({ max: 1 }),
    entries: fc.array(newEntry, { minLength: 1, maxLength: 6 }),
  }),
  fc.record({
    do: fc.constant('read' as const),
    node: fc.nat({ max: 1 }),
    side: fc.constantFrom('after', 'after', 'before', 'newest'),
    place,
    limit: fc.integer({ min: 1, max: 15 }),
  }),
);

function strangeOf(position: Position, strange: string): Position {
  if (strange === 'tag') return { ...position, tag: `${position.tag}x` };
  if (strange === 'epoch') return { ...position, epoch: 'strange' };
  return strange === 'offset' ? { ...position, offset: position.offset + 40 } : position;
}

/** A read, without what is random in each log. */
function comparable({ entries, proof, start, head }: LogRead, { before }: LogPage): unknown {
  const kept = entries.map(({ offset, index = 0, text, except }) => [offset, index, text, except]);
  // Where nothing can be said about what is before a place of another epoch, neither can where that begins.
  return [kept, proof, proof === 'new-epoch' && before !== undefined ? undefined : start.offset, head.offset];
}

describe('the log in Redis', () => {
  it('answers every append and read as a ring in memory does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 12 }), async (steps, size) => {
        const channel = randomName();
        const retention: Retention = { size, ttlMs: 3_600_000 };
        const ring = new Ring('model');
        const { head } = await nodes[0]!.log.read(channel, { limit: 1 });
        const [ours, models] = [[head], [ring.head]];
        for (const action of steps) {
          const { log } = nodes[action.node]!;
          if (action.do === 'append') {
            const entries: NewEntry[] = action.entries;
            const [appended] = await log.append([{ channel, entries, retention }]);
            const places = placesOf(appended!);
            const expected = entries.map((entry) => ring.append(entry, retention, 0).position);
            expect(places.map(({ offset }) => offset)).toEqual(expected.map(({ offset }) => offset));
            for (const [index, { count = 1 }] of entries.entries()) {
              for (let at = 0; at < count; at++) {
                ours.push({ ...places[index]!, offset: places[index]!.offset + at });
                models.push({ ...expected[index]!, offset: expected[index]!.offset + at });
              }
            }
          } else {
            const index = action.place.index % ours.length;
            const pageOf = (places: readonly Position[]): LogPage => ({
              limit: action.limit,
              ...(action.side === 'newest' ? {} : { [action.side]: strangeOf(places[index]!, action.place.strange) }),
            });
            const [page, model] = [pageOf(ours), pageOf(models)];
            const read = await log.read(channel, page);
            expect(comparable(read, page)).toEqual(comparable(ring.read(model, 0), model));
            const tags = new Map([...ours].map(({ offset, tag }) => [offset, tag]));
            for (const entry of read.entries) {
              expect(entry.tag).toBe(tags.get(entry.offset));
              expect(entry.previousTag).toBe(tags.get(entry.offset - 1));
            }
            expect(read.start.tag).toBe(tags.get(read.start.offset));
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('keeps nothing that is older than its ttl by the clock of Redis, and then says trimmed', async () => {
    const [a, b] = nodes as [TestNode, TestNode];
    const channel = randomName();
    const retention: Retention = { size: 100, ttlMs: 300 };
    const { head } = await b.log.read(channel, { limit: 1 });
    const [first] = await a.append(channel, ['old'], retention);
    expect((await b.log.read(channel, { after: head, limit: 9 })).entries).toHaveLength(1);
    for (let added = 0; ; added++) {
      // The stream goes on living, so that it is the entries that have to go.
      const [, last] = await a.append(channel, ['young', 'younger'], retention);
      const read = await b.log.read(channel, { after: head, limit: 1_000 });
      if (read.proof === 'contiguous') continue;
      expect(added).toBeGreaterThan(0);
      expect(read.proof).toBe('trimmed');
      expect(read.start.offset).toBeGreaterThanOrEqual(first!.offset);
      expect(read.entries.at(-1)?.offset).toBe(last!.offset);
      expect((await b.log.read(channel, { limit: 1_000 })).entries).toEqual(read.entries);
      expect((await b.log.read(channel, { before: read.start, limit: 9 })).entries).toEqual([]);
      return;
    }
  });

  it('lets go of what is too old while it is appended to, where size alone would keep it', async () => {
    const [a] = nodes as [TestNode];
    const channel = randomName();
    const retention: Retention = { size: 1_000_000, ttlMs: 1 };
    for (let index = 0; index < 500; index++) await a.append(channel, Array(10).fill('x'), retention);
    const keys = (await redis.command('KEYS', `*:s:${channel}`)) as string[];
    const kept = keys.length === 0 ? 0 : Number(await redis.command('XLEN', keys[0]!));
    // Looked at every 1,000 entries, of which these are 5,000 in batches of 10.
    expect(kept).toBeLessThan(250);
  });
});
