import type { Position } from '@rt/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Newest, NewestRoom } from '../../src/delivery/newest.ts';

interface Came {
  readonly number: number;
  readonly key: string;
  readonly frame: string;
  readonly except: string | undefined;
  readonly position: Position | undefined;
}

const PLENTY = 1_000_000;
const keyOf = (frame: string): string | undefined => (frame.startsWith('-') ? undefined : frame[0]);

const message = fc.record({
  key: fc.constantFrom('-', 'a', 'b', 'c', 'd'),
  except: fc.constantFrom(undefined, undefined, 'x', 'y'),
  isKept: fc.boolean(),
  padding: fc.nat({ max: 20 }),
});

/** What came in, as `Newest` is told of it: with places only where `hasLog`. */
function arrivals(
  messages: readonly (typeof message extends fc.Arbitrary<infer M> ? M : never)[],
  hasLog: boolean,
): Came[] {
  return messages.map(({ key, except, isKept, padding }, index) => ({
    number: index + 1,
    key,
    frame: `${key} ${index + 1} ${'.'.repeat(padding)}`,
    except,
    position: hasLog && isKept ? { epoch: 'e', offset: index + 1, tag: 't' } : undefined,
  }));
}

/** The plain model: of all that came after `seen` and is for `instance`, the newest of each key. */
function newestOf(came: readonly Came[], seen: number, instance: string): readonly string[] {
  const its = came.filter(({ number, key, except }) => number > seen && key !== '-' && except !== instance);
  return its.filter((one) => its.findLast(({ key }) => key === one.key) === one).map(({ frame }) => frame);
}

function fill(newest: Newest, came: readonly Came[]): void {
  for (const { frame, except, position } of came) newest.add(frame, except, position);
}

describe('Newest', () => {
  it('gives what the plain model gives, to whomever and from wherever', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), fc.boolean(), fc.nat(), (messages, hasLog, start) => {
        const newest = new Newest(keyOf, new NewestRoom(PLENTY, PLENTY));
        const came = arrivals(messages, hasLog);
        fill(newest, came);
        const seen = start % (came.length + 1);
        for (const instance of ['x', 'y', 'z']) {
          const { loss, missed } = newest.after(seen, instance);
          expect(loss).toBeUndefined();
          expect(missed.map(({ frame }) => frame)).toEqual(newestOf(came, seen, instance));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('without room for all keys loses nothing of the log, or of a channel without one, that it does not tell of', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 60 }),
        fc.boolean(),
        fc.integer({ min: 10, max: 100 }),
        (messages, hasLog, size) => {
          const room = new NewestRoom(size, PLENTY);
          const newest = new Newest(keyOf, room);
          const came = arrivals(messages, hasLog);
          fill(newest, came);
          expect(room.taken).toBeLessThanOrEqual(size);
          for (const instance of ['x', 'y', 'z']) {
            for (let seen = 0; seen <= came.length; seen++) {
              const { loss, missed } = newest.after(seen, instance);
              const got = missed.map(({ frame }) => frame);
              const isLogged = came.some(({ position }) => position !== undefined);
              const due = came.filter(
                ({ number, position }) => number > (loss?.number ?? 0) && (!isLogged || position !== undefined),
              );
              const wanted = newestOf(came, seen, instance);
              expect(got.filter((frame) => !wanted.includes(frame))).toEqual([]);
              expect(got).toEqual(
                expect.arrayContaining(due.map(({ frame }) => frame).filter((f) => wanted.includes(f))),
              );
              for (const { number } of missed) expect(number).toBeGreaterThan(Math.max(seen, loss?.number ?? 0));
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps the gaps that a channel tells of, and gives back all room when it ends', () => {
    const room = new NewestRoom(PLENTY, PLENTY);
    const newest = new Newest(() => undefined, room);
    newest.add('a', undefined, undefined);
    newest.addGap('gap', undefined);
    newest.add('b', undefined, undefined);
    expect(newest.after(0, 'x').missed.map(({ frame }) => frame)).toEqual(['gap']);
    expect(newest.after(2, 'x').missed).toEqual([]);
    expect(newest.count).toBe(3);
    newest.clear();
    expect(room.taken).toBe(0);
  });

  it('lets go of the key that had nothing new for the longest time', () => {
    const newest = new Newest(keyOf, new NewestRoom(12, PLENTY));
    for (const frame of ['a 1', 'b 2', 'a 3', 'c 4', 'd 5']) newest.add(frame, undefined, undefined);
    const { loss, missed } = newest.after(0, 'x');
    expect(loss).toEqual({ number: 2, position: undefined });
    expect(missed.map(({ frame }) => frame)).toEqual(['a 3', 'c 4', 'd 5']);
  });

  it('of one channel gives way where all of them together have too much', () => {
    const room = new NewestRoom(PLENTY, 100);
    const [one, other] = [new Newest(keyOf, room), new Newest(keyOf, room)];
    one.add(`a${'.'.repeat(80)}`, undefined, undefined);
    other.add(`b${'.'.repeat(40)}`, undefined, undefined);
    expect(other.after(0, 'x')).toEqual({ loss: { number: 1, position: undefined }, missed: [] });
    expect(one.after(0, 'x').missed).toHaveLength(1);
    expect(room.taken).toBeLessThanOrEqual(100);
  });
});
