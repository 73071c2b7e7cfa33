import type { LogReader } from '@rt/core';
import { formatCursor, parseCursor } from '@rt/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Connection } from '../../src/connection/connection.ts';
import { Audience } from '../../src/delivery/audience.ts';
import { Feed } from '../../src/delivery/feed.ts';
import type { Place } from '../../src/delivery/place.ts';
import { Recovery } from '../../src/delivery/recovery.ts';
import type { Wish } from '../../src/delivery/recovery.ts';
import { SharedReads } from '../../src/delivery/shared-reads.ts';
import { ModelLog } from './model-log.ts';

const CHANNEL = 'c';
const INSTANCES = ['ann', 'bob'];
/** Who is further behind gets the newest, behind a gap. */
const MAX_RECOVERED = 1_000;

/** What a client is told: each has the place after it. */
type Told =
  | { readonly what: 'reply'; readonly cursor: string; readonly isRecovered: boolean }
  | { readonly what: 'gap'; readonly reason: string; readonly cursor: string }
  | { readonly what: 'm' | 'skip'; readonly cursor: string };

/** One subscription of one client, which has room for so many frames and then waits until it is told to go on. */
class Reader {
  readonly instanceHash: string;
  readonly wish: Wish;
  readonly told: Told[] = [];
  isCurrent = true;
  room: number;
  place: Place | undefined;

  constructor(instanceHash: string, wish: Wish, room: number) {
    this.instanceHash = instanceHash;
    this.wish = wish;
    this.room = room;
  }

  /** The part of a connection that delivery uses. */
  get connection(): Connection {
    return this as unknown as Connection;
  }

  get outbox() {
    return {
      hasRoom: this.room > 0,
      sendRun: (frames: readonly string[]): void => frames.forEach((frame) => this.send(frame)),
      skip: (_: string, cursor: string): void => this.#tell({ what: 'skip', cursor }),
      leaveAt: (_: string, place: Place): void => void (this.place = place),
    };
  }

  send(frame: string): void {
    const [what, , reason, cursor] = JSON.parse(frame) as ['m' | 'gap', string, string, string];
    this.#tell(what === 'gap' ? { what, reason, cursor } : { what, cursor });
  }

  reply(cursor: string, isRecovered: boolean): void {
    this.#tell({ what: 'reply', cursor, isRecovered });
  }

  #tell(told: Told): void {
    this.room--;
    // Of messages that were stored as one, all but the first have cursors of another form.
    this.told.push({ ...told, cursor: formatCursor(parseCursor(told.cursor)!) });
  }
}

/** One channel of a node, with a log that the test drives. */
class Node {
  readonly log = new ModelLog();
  readonly readers: Reader[] = [];
  readonly #audience = new Audience();
  readonly #feed = new Feed(CHANNEL, this.#audience);
  readonly #recovery: Recovery;
  #failure: unknown;

  constructor(isShared: boolean, early: number) {
    const reader: LogReader = isShared ? new SharedReads(this.log) : this.log;
    this.#recovery = new Recovery(reader);
    const { head } = this.log;
    // Entries may be handed on before it is known from where the log is followed.
    this.log.append(early, { step: 1, except: undefined, isOne: early % 2 === 0 });
    this.deliver(1);
    this.#feed.followed(head);
  }

  begin(instance: string, wish: Wish, room: number): void {
    const reader = new Reader(instance, wish, room);
    this.readers.push(reader);
    const beginning = this.#recovery.begin(reader.connection, this.#feed, wish, {
      isCurrent: () => reader.isCurrent,
      reply: (cursor, isRecovered) => reader.reply(cursor, isRecovered),
    });
    this.#watch(beginning);
  }

  deliver(count: number): void {
    for (const handed of this.log.queue.splice(0, count)) {
      if ('reason' in handed) this.#feed.gap(handed.reason, handed.at);
      else if (handed.length > 0) this.#feed.entries(handed);
      for (const reader of this.readers) {
        if (reader.room > 0 || !this.#audience.pause(reader.connection)) continue;
        reader.place = { kind: 'log', position: this.#feed.position, gaps: this.#feed.gaps };
      }
    }
  }

  goOn(reader: Reader | undefined, room: number): void {
    if (reader === undefined) return;
    reader.room = room;
    const { place } = reader;
    if (place?.kind !== 'log' || !reader.isCurrent) return;
    reader.place = undefined;
    this.#watch(this.#recovery.resume(reader.connection, this.#feed, place, () => reader.isCurrent));
  }

  leave(reader: Reader | undefined): void {
    if (reader === undefined) return;
    reader.isCurrent = false;
    this.#audience.leave(reader.connection);
  }

  /** Everything that was delayed happens, and everybody has room, until nothing happens any more. */
  async settle(): Promise<void> {
    for (let round = 0; round < 1_000; round++) {
      this.deliver(Infinity);
      const before = this.log.askedCount + this.readers.filter(({ place }) => place !== undefined).length;
      while (this.log.askedCount > 0) this.log.answer(0, true);
      for (const reader of this.readers) this.goOn(reader, Infinity);
      await turn();
      if (before + this.log.askedCount + this.log.queue.length === 0) break;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #watch(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#failure = error;
    });
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What `reader` was told is: a reply, then every message that follows, once and in order, or a gap where some are missing. */
function checkTold({ told, wish }: Reader, log: ModelLog): void {
  const [reply, next] = told;
  if (reply === undefined) return;
  if (reply.what !== 'reply') throw new Error(`${reply.what} came before the reply`);
  if (reply.isRecovered) expect(reply.cursor).toBe(wish.cursor);
  else if (typeof wish.cursor === 'string' && next !== undefined) expect(next.what).toBe('gap');
  const wishedOffset = parseCursor(wish.cursor ?? '')?.offset ?? NaN;
  let at = reply.cursor;
  for (const each of told.slice(1)) {
    const { what, cursor } = each;
    if (what !== 'gap') expect(log.before.get(cursor), `${what} ${cursor} comes after its predecessor`).toBe(at);
    else if (!log.isLossy) {
      expect([each.reason, log.head.offset - wishedOffset > MAX_RECOVERED]).toEqual(['limit', true]);
    }
    at = cursor;
  }
}

const few = fc.integer({ min: 1, max: 3 });
const step = fc.oneof(
  {
    weight: 5,
    // More than the feed keeps at hand as well.
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      count: fc.oneof(few, fc.constant(20), fc.constant(120)),
      step: few,
      isOne: fc.boolean(),
      except: fc.option(fc.constantFrom(...INSTANCES), { nil: undefined }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('deliver' as const), count: few }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('begin' as const),
      instance: fc.constantFrom(...INSTANCES),
      from: fc.option(fc.nat(), { nil: undefined }),
      last: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      room: fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 30 })),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('answer' as const), index: fc.nat(), isFresh: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('goOn' as const), index: fc.nat(), room: fc.constantFrom(1, 5, Infinity) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), index: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('trim' as const, 'lose' as const, 'restart' as const, 'dropQueue' as const),
      count: fc.oneof(few, fc.constant(1_000)),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function perform(node: Node, what: Step): void {
  const { log, readers } = node;
  const pick = (index: number): Reader | undefined => readers[index % Math.max(1, readers.length)];
  switch (what.do) {
    case 'append':
      return log.append(what.count, what);
    case 'deliver':
      return node.deliver(what.count);
    case 'begin': {
      const cursor = what.from === undefined ? undefined : formatCursor(log.places[what.from % log.places.length]!);
      return node.begin(what.instance, { cursor, last: what.last }, what.room);
    }
    case 'answer':
      return log.answer(what.index, what.isFresh);
    case 'goOn':
      return node.goOn(pick(what.index), what.room);
    case 'leave':
      return node.leave(pick(what.index));
    case 'trim':
    case 'lose':
      return log[what.do](what.count);
    case 'restart':
    case 'dropQueue':
      return log[what.do]();
  }
}

it.each([
  ['of its own', false],
  ['that others share', true],
])(
  'whoever attaches with reads %s gets a reply, what it missed, then what comes: each once and in order, or a gap',
  { timeout: 120_000 },
  async (_, isShared) => {
    const steps = fc.array(step, { maxLength: 60, size: 'max' });
    await fc.assert(
      fc.asyncProperty(fc.nat(2), steps, async (early, all) => {
        const node = new Node(isShared, early);
        for (const each of all) {
          perform(node, each);
          await turn();
        }
        await node.settle();
        const head = formatCursor(node.log.head);
        for (const reader of node.readers) {
          checkTold(reader, node.log);
          if (reader.isCurrent) expect(reader.told.at(-1)?.cursor, 'nobody is left behind').toBe(head);
        }
      }),
      { numRuns: 400 },
    );
  },
);
