import { describe, expect, it } from 'vitest';
import { Audience } from '../../src/delivery/audience.ts';
import { Feed } from '../../src/delivery/feed.ts';

const HEAD = { epoch: 'e', offset: 10, tag: 't' };

/** A feed that was handed the entries 11 to `last`, which all have the same tag. */
function feedUpTo(last: number): Feed {
  const feed = new Feed('news', new Audience());
  feed.followed(HEAD);
  for (let offset = 11; offset <= last; offset++) {
    feed.entries([{ offset, tag: 't', previousTag: 't', text: '["m","news","e",\n,1,[]]' }]);
  }
  return feed;
}

function offsetsAfter(feed: Feed, offset: number): readonly number[] | undefined {
  return feed.after({ ...HEAD, offset })?.map(({ entry }) => entry.offset);
}

describe('Feed', () => {
  it('gives everything after a place that it can go on from', () => {
    const feed = feedUpTo(14);
    expect(offsetsAfter(feed, 10)).toEqual([11, 12, 13, 14]);
    expect(offsetsAfter(feed, 12)).toEqual([13, 14]);
    expect(offsetsAfter(feed, 14)).toEqual([]);
  });

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
    feed.entries([{ offset: 21, tag: 't', previousTag: 't', text: '["m","news","e",\n,1,[]]' }]);
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
