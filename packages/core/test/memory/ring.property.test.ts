import type { Position } from '@rt/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEDUPE_WINDOW_MS } from '../../src/contracts/log.ts';
import { Ring } from '../../src/memory/ring.ts';

interface ModelEntry {
  readonly offset: number;
  readonly text: string;
  readonly at: number;
  readonly id: string | undefined;
  readonly position: Position;
}

/** The plain model: every entry that ever was, and what should be left of them. */
class Model {
  readonly all: ModelEntry[] = [];
  readonly size: number;
  readonly ttlMs: number;
  /** Entries up to this offset were let go and never come back. */
  gone = 0;

  constructor(size: number, ttlMs: number) {
    this.size = size;
    this.ttlMs = ttlMs;
  }

  trim(now: number): void {
    for (const entry of this.all) {
      const isBeyond = entry.offset <= this.all.length - this.size || now - entry.at >= this.ttlMs;
      if (isBeyond) this.gone = Math.max(this.gone, entry.offset);
    }
  }

  known(id: string | undefined, now: number): ModelEntry | undefined {
    return id === undefined
      ? undefined
      : this.all.findLast((entry) => entry.id === id && now - entry.at < DEDUPE_WINDOW_MS);
  }

  kept(): ModelEntry[] {
    return this.all.filter((entry) => entry.offset > this.gone);
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append'),
      id: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      ms: fc.constantFrom(1, 50, 500, DEDUPE_WINDOW_MS - 1, DEDUPE_WINDOW_MS),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('read'),
      place: fc.nat({ max: 40 }),
      limit: fc.integer({ min: 1, max: 12 }),
      isBefore: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear') }) },
);

describe('Ring', () => {
  it('reads, trims and deduplicates as the plain model does', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 80 }),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(100, 1_000, 1e9),
        (steps, size, ttlMs) => {
          const ring = new Ring('e');
          const start = ring.head;
          const model = new Model(size, ttlMs);
          let now = 0;
          for (const action of steps) {
            if (action.do === 'wait') now += action.ms;
            if (action.do === 'clear') {
              ring.clear();
              model.gone = model.all.length;
            }
            if (action.do === 'append') {
              const known = model.known(action.id, now);
              const count = action.id === undefined ? action.count : 1;
              const next = model.all.length + 1;
              const texts = Array.from({ length: count }, (_, index) => `text ${next + index}`);
              const { position, entry } = ring.append(
                { text: texts.join('\n'), count, id: action.id },
                { size, ttlMs },
                now,
              );
              expect(entry === undefined).toBe(known !== undefined);
              if (known !== undefined) expect(position).toEqual(known.position);
              else {
                for (const [index, text] of texts.entries()) {
                  const place = { ...position, offset: position.offset + index };
                  model.all.push({ offset: next + index, text, at: now, id: action.id, position: place });
                }
              }
              expect(position.offset).toBe(known?.offset ?? next);
              model.trim(now);
            }
            if (action.do === 'read') {
              model.trim(now);
              const kept = model.kept();
              const places = [start, ...model.all.map(({ position }) => position)];
              const place = places[action.place % places.length]!;
              const page = action.isBefore
                ? { before: place, limit: action.limit }
                : { after: place, limit: action.limit };
              const read = ring.read(page, now);
              const wanted = action.isBefore
                ? kept.filter((entry) => entry.offset < place.offset).slice(-action.limit)
                : kept.filter((entry) => entry.offset > place.offset).slice(0, action.limit);
              expect(read.entries.map((entry) => entry.text)).toEqual(wanted.map((entry) => entry.text));
              expect(read.head).toEqual(places.at(-1));
              expect(read.entries.map(({ offset, tag }) => ({ epoch: 'e', offset, tag }))).toEqual(
                wanted.map(({ position }) => position),
              );
              const before = read.entries.map(({ previousTag }) => previousTag);
              expect(before).toEqual(wanted.map(({ offset }) => places[offset - 1]!.tag));
              if (wanted.length > 0) expect(read.start).toEqual(places[wanted[0]!.offset - 1]);
              if (!action.isBefore) expect(read.proof).toBe(place.offset >= model.gone ? 'contiguous' : 'trimmed');
            }
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('chains tags, so that a place of another history is found out', () => {
    const [one, other] = [new Ring('e'), new Ring('e')];
    const retention = { size: 10, ttlMs: 1e9 };
    for (const ring of [one, other]) for (const text of ['1', '2', '3']) ring.append({ text }, retention, 0);
    const { entries } = one.read({ limit: 10 }, 0);
    expect(entries.slice(1).map((entry) => entry.previousTag)).toEqual(entries.slice(0, -1).map((entry) => entry.tag));
    const strange = (offset: number): Position => ({ epoch: 'e', offset, tag: 'strange' });
    expect([1, 2, 3, 4].map((offset) => one.read({ after: strange(offset), limit: 10 }, 0).proof)).toEqual(
      Array(4).fill('diverged'),
    );
    expect(one.read({ after: { epoch: 'f', offset: 1, tag: 'x' }, limit: 10 }, 0)).toMatchObject({
      proof: 'new-epoch',
      entries,
    });
  });

  it('counts its bytes down to nothing', () => {
    const ring = new Ring('e');
    for (let index = 0; index < 100; index++) ring.append({ text: 'x'.repeat(index) }, { size: 10, ttlMs: 1e9 }, 0);
    expect(ring.bytes).toBeGreaterThan(0);
    ring.clear();
    expect(ring.bytes).toBe(0);
    expect(ring.head.offset).toBe(100);
  });
});
