import { cursorSuffix, parseCursor } from '@rt/protocol';
import { describe, expect, it } from 'vitest';
import { Audience } from '../../src/delivery/audience.ts';
import { Feed } from '../../src/delivery/feed.ts';

const HEAD = { epoch: 'e', offset: 10, tag: 't' };

/** A feed that was handed the entries 11 to `last`, which all have the same tag. */
function feedUpTo(last: number): Feed {
  const feed = new Feed('news', new Audience());
  feed.followed(HEAD);
  for (let offset = 11; offset <= last; offset++) {
    feed.entries([{ offset, tag: 't', previousTag: 't', text: '["m","news","e","\t",1,[]]' }]);
  }
  return feed;
}

function offsetsAfter(feed: Feed, offset: number): readonly number[] | undefined {
  return feed.after({ ...HEAD, offset })?.map(({ position }) => position.offset);
}

describe('Feed', () => {
  it('gives everything after a place that it can go on from', () => {
    const feed = feedUpTo(14);
    expect(offsetsAfter(feed, 10)).toEqual([11, 12, 13, 14]);
    expect(offsetsAfter(feed, 12)).toEqual([13, 14]);
    expect(offsetsAfter(feed, 14)).toEqual([]);
  });

  it('hands on an entry of several messages as so many frames, and goes on from each of them', () => {
    const feed = feedUpTo(12);
    const lines = Array.from({ length: 40 }, (_, index) => `["m","news","e","\t${cursorSuffix(index)}",${index},[]]`);
    feed.entries([{ offset: 13, count: lines.length, tag: 'u', previousTag: 't', text: lines.join('\n') }]);
    expect(feed.position).toEqual({ epoch: 'e', offset: 52, tag: 'u' });
    expect(offsetsAfter(feed, 12)).toHaveLength(40);
    const rest = feed.after({ epoch: 'e', offset: 50, tag: 'u' })!;
    expect(rest.map(({ cursor, frame }) => [cursor, JSON.parse(frame) as unknown])).toEqual([
      ['e.d.u.12', ['m', 'news', 'e', 'e.d.u.12', 38, []]],
      ['e.d.u.13', ['m', 'news', 'e', 'e.d.u.13', 39, []]],
    ]);
    expect(rest.map(({ cursor }) => parseCursor(cursor)?.offset)).toEqual([51, 52]);
    expect([feed.after({ ...HEAD, offset: 13 }), feed.after({ epoch: 'e', offset: 12, tag: 'u' })]).toEqual([
      undefined,
      undefined,
    ]);
    feed.entries([{ offset: 53, tag: 'v', previousTag: 'u', text: lines[0]! }]);
    expect(feed.after({ epoch: 'e', offset: 51, tag: 'u' })?.map(({ cursor }) => cursor)).toEqual([
      'e.d.u.13',
      'e.1h.v',
    ]);
  });

  it.each([2, 4])(
    'stays whole where an entry says three messages and has %i lines, as nobody of ours writes it',
    (count) => {
      const feed = feedUpTo(12);
      const line = '["m","news","e","\t",1,[]]';
      const text = Array<string>(count).fill(line).join('\n');
      feed.entries([{ offset: 13, count: 3, tag: 'u', previousTag: 't', text }]);
      expect(offsetsAfter(feed, 12)).toEqual([13, 14, 15].slice(0, Math.min(count, 3)));
      feed.entries([{ offset: 16, tag: 'v', previousTag: 'u', text: line }]);
      expect(feed.after({ epoch: 'e', offset: 15, tag: 'u' })?.map(({ position }) => position.offset)).toEqual([16]);
    },
  );

  it('never goes on from a place before what it has, whatever the tag of that place', () => {
    expect(offsetsAfter(feedUpTo(14), 9)).toBeUndefined();
    const feed = feedUpTo(40);
    const oldest = offsetsAfter(feed, 39)![0]! - 16;
    expect(offsetsAfter(feed, oldest)).toHaveLength(16);
    expect(offsetsAfter(feed, oldest - 1)).toBeUndefined();
    expect(offsetsAfter(feed, 11)).toBeUndefined();
  });

  it('knows nothing before a gap', () => {
    const feed = feedUpTo(14);
    feed.gap('broker', { ...HEAD, offset: 20 });
    expect(offsetsAfter(feed, 14)).toBeUndefined();
    expect(offsetsAfter(feed, 20)).toEqual([]);
    feed.entries([{ offset: 21, tag: 't', previousTag: 't', text: '["m","news","e","\t",1,[]]' }]);
    expect(offsetsAfter(feed, 14)).toBeUndefined();
    expect(offsetsAfter(feed, 20)).toEqual([21]);
  });

  it('goes on from every place up to one that it was moved to, and never back', () => {
    const feed = feedUpTo(12);
    feed.moved({ ...HEAD, offset: 20 });
    expect(feed.position.offset).toBe(20);
    expect([offsetsAfter(feed, 11), offsetsAfter(feed, 15), offsetsAfter(feed, 20)]).toEqual([[12], [], []]);
    expect(offsetsAfter(feed, 21)).toBeUndefined();
    feed.moved({ ...HEAD, offset: 15 });
    feed.moved({ epoch: 'another', offset: 30, tag: 't' });
    expect(feed.position).toEqual({ ...HEAD, offset: 20 });
  });

  it('does not go on from a place of another history', () => {
    const feed = feedUpTo(14);
    expect(feed.after({ epoch: 'f', offset: 12, tag: 't' })).toBeUndefined();
    expect(feed.after({ ...HEAD, offset: 12, tag: 'x' })).toBeUndefined();
    expect(feed.after({ ...HEAD, offset: 14, tag: 'x' })).toBeUndefined();
    expect(feed.after({ ...HEAD, offset: 15 })).toBeUndefined();
  });
});
