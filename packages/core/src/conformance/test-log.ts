import type { Position } from '@rt/protocol';
import { singleEntries } from '../brokers/single-entries.ts';
import type { Entry, Log, Retention } from '../contracts/log.ts';
import { follow, placesOf, PLENTY, randomChannel, textsOf, withLogs } from './logs.ts';
import type { BrokerUnderTest } from './test-broker.ts';
import { testLogRaces } from './test-log-races.ts';
import type { TestRunner } from './test-runner.ts';

/**
 * The contract of `Log`, as tests: run it over every broker that has one. `start` makes one service for each test, as
 * for `testBroker`.
 */
export function testLog(runner: TestRunner, name: string, start: () => Promise<BrokerUnderTest>): void {
  const { describe, it, expect } = runner;
  const two = withLogs(start);

  describe(`log of ${name}: the contract`, () => {
    it(
      'gives every entry one place, which every follower sees, the appending node included',
      two(async (a, b) => {
        const channel = randomChannel();
        const followers = [await follow(a, channel), await follow(b, channel)];
        const [places] = await placesOf(
          a.append([{ channel, entries: [{ text: 'one' }, { text: 'two' }], retention: PLENTY }]),
        );
        for (const { entries, head } of followers) {
          const seen = await entries.take(2, 'two entries');
          expect(seen.map(({ text }) => text)).toEqual(['one', 'two']);
          expect(seen.map(({ offset, tag }) => ({ epoch: head.epoch, offset, tag }))).toEqual(places);
          expect(seen.map(({ previousTag }) => previousTag)).toEqual([head.tag, places![0]!.tag]);
        }
      }),
    );

    it(
      'takes several messages as one entry, and gives them places one behind the other, which can be read one by one',
      two(async (a, b) => {
        const channel = randomChannel();
        const followers = [await follow(a, channel), await follow(b, channel)];
        const texts = ['a', '', 'c', 'd', 'e'];
        const entries = [
          { text: 'before' },
          { text: texts.join('\n'), count: texts.length },
          { text: 'after', id: 'x' },
        ];
        const [places] = await placesOf(a.append([{ channel, entries, retention: PLENTY }]));
        const [before, first, last] = places as [Position, Position, Position];
        const positions = [before, ...texts.map((_, index) => ({ ...first, offset: first.offset + index })), last];
        const whole = { epoch: first.epoch, texts: ['before', ...texts, 'after'], positions };
        expect(seenIn((await b.read(channel, { limit: 10 })).entries, first.epoch)).toEqual(whole);
        for (const { entries: inbox, head } of followers) {
          const seen: Entry[] = [];
          while (seen.length < whole.texts.length) seen.push(...singleEntries(await inbox.next('an entry')));
          expect(seenIn(seen, first.epoch)).toEqual(whole);
          expect(seen.map(({ previousTag }) => previousTag)).toEqual(
            [head, ...positions.slice(0, -1)].map(({ tag }) => tag),
          );
          expect(seen.map(({ index = 0 }) => index)).toEqual([0, 0, 1, 2, 3, 4, 0]);
        }
        const [, , second, third, fourth] = positions as [Position, Position, Position, Position, Position];
        const after = await b.read(channel, { after: third, limit: 3 });
        expect([after.proof, textsOf(after.entries), after.start]).toEqual(['contiguous', ['d', 'e', 'after'], third]);
        expect(after.entries.map(({ index = 0 }) => index)).toEqual([3, 4, 0]);
        const older = await b.read(channel, { before: fourth, limit: 2 });
        expect([textsOf(older.entries), older.start]).toEqual([['', 'c'], positions[1]]);
        expect(textsOf((await b.read(channel, { limit: 2 })).entries)).toEqual(['e', 'after']);
        const strange = await b.read(channel, { after: { ...second, tag: `${second.tag}0` }, limit: 9 });
        expect(strange.proof).toBe('diverged');
      }),
    );

    it(
      'shows all nodes the same order under four publishers at once',
      two(async (a, b) => {
        const channel = randomChannel();
        const followers = [await follow(a, channel), await follow(b, channel)];
        const publish = async (log: Log, publisher: string): Promise<void> => {
          for (let index = 0; index < 100; index++) {
            const entries = [{ text: `${publisher}.${index}.0` }, { text: `${publisher}.${index}.1` }];
            await log.append([{ channel, entries, retention: PLENTY }]);
          }
        };
        await Promise.all([publish(a, 'a1'), publish(a, 'a2'), publish(b, 'b1'), publish(b, 'b2')]);
        const [first, second] = await Promise.all(followers.map(({ entries }) => entries.take(800, 'every entry')));
        expect(second).toEqual(first);
        const offsets = first!.map(({ offset }) => offset);
        expect(offsets).toEqual([...offsets].sort((one, other) => one - other));
        for (const publisher of ['a1', 'a2', 'b1', 'b2']) {
          const own = first!.map(({ text }) => text).filter((text) => text.startsWith(publisher));
          expect(own).toEqual(Array.from({ length: 200 }, (_, index) => `${publisher}.${index >> 1}.${index & 1}`));
        }
      }),
    );

    it(
      'loses and doubles nothing where a head ends and following begins, 200 times under traffic',
      two(async (a, b) => {
        const channel = randomChannel();
        const stop = new AbortController();
        const publishing = (async () => {
          for (let index = 0; !stop.signal.aborted; index++) {
            await a.append([{ channel, entries: [{ text: String(index) }], retention: PLENTY }]);
          }
        })();
        for (let round = 0; round < 200; round++) {
          const { head, entries } = await follow(b, channel);
          const [next] = await entries.take(1, 'an entry after the head');
          const read = await b.read(channel, { after: head, limit: 1 });
          expect(next).toEqual(read.entries[0]);
          await b.unfollow(channel);
        }
        stop.abort();
        await publishing;
      }),
    );

    it(
      'reads what follows a place, what precedes one, and the newest, in pages',
      two(async (a, b) => {
        const channel = randomChannel();
        const texts = Array.from({ length: 10 }, (_, index) => String(index));
        const [places] = await placesOf(
          a.append([{ channel, entries: texts.map((text) => ({ text })), retention: PLENTY }]),
        );
        const after = await b.read(channel, { after: places![2]!, limit: 4 });
        expect([after.proof, textsOf(after.entries)]).toEqual(['contiguous', ['3', '4', '5', '6']]);
        expect(after.start).toEqual(places![2]);
        expect(after.head).toEqual(places![9]);
        expect(textsOf((await b.read(channel, { before: places![4]!, limit: 3 })).entries)).toEqual(['1', '2', '3']);
        expect(textsOf((await b.read(channel, { limit: 2 })).entries)).toEqual(['8', '9']);
        const atHead = await b.read(channel, { after: places![9]!, limit: 4 });
        expect([atHead.proof, atHead.entries]).toEqual(['contiguous', []]);
      }),
    );

    it(
      'says trimmed, and gives the oldest kept, where the place is out of the retention',
      two(async (a, b) => {
        const channel = randomChannel();
        const retention: Retention = { size: 5, ttlMs: 3_600_000 };
        const texts = Array.from({ length: 20 }, (_, index) => String(index));
        for (const entries of [texts.map((text) => ({ text })), [{ text: texts.join('\n'), count: texts.length }]]) {
          const [places] = await placesOf(a.append([{ channel, entries, retention }]));
          const after = { ...places![0]!, offset: places![0]!.offset + 3 };
          const read = await b.read(channel, { after, limit: 100 });
          expect(read.proof).toBe('trimmed');
          // A size is a floor: more may be kept.
          expect(textsOf(read.entries).slice(-5)).toEqual(['15', '16', '17', '18', '19']);
        }
      }),
    );

    it(
      'says diverged for a place that it never had, and new-epoch for another epoch',
      two(async (a, b) => {
        const channel = randomChannel();
        const [places] = await placesOf(
          a.append([{ channel, entries: [{ text: 'x' }, { text: 'y' }], retention: PLENTY }]),
        );
        const [x, y] = [places![0]!, places![1]!];
        const proofs = await Promise.all(
          [
            { ...x, tag: `${x.tag}0` },
            { ...y, tag: `${y.tag}0` },
            { ...y, offset: y.offset + 5 },
            { ...x, epoch: 'another' },
          ].map(async (after) => (await b.read(channel, { after, limit: 10 })).proof),
        );
        expect(proofs).toEqual(['diverged', 'diverged', 'diverged', 'new-epoch']);
      }),
    );

    it(
      'keeps one entry for each publish id of a channel, and gives every copy the first one’s place',
      two(async (a, b) => {
        const [channel, other] = [randomChannel(), randomChannel()];
        const entries = [{ text: 'first', id: 'one' }];
        const [[place]] = (await placesOf(a.append([{ channel, entries, retention: PLENTY }]))) as [[Position]];
        const again = await placesOf(
          b.append([
            {
              channel,
              entries: [
                { text: 'second', id: 'one' },
                { text: 'third', id: 'two' },
              ],
              retention: PLENTY,
            },
            { channel: other, entries, retention: PLENTY },
          ]),
        );
        expect(again[0]![0]).toEqual(place);
        expect(textsOf((await b.read(channel, { limit: 10 })).entries)).toEqual(['first', 'third']);
        expect(textsOf((await b.read(other, { limit: 10 })).entries)).toEqual(['first']);
      }),
    );

    it(
      'keeps whom an entry is not for, and any text',
      two(async (a, b) => {
        const channel = randomChannel();
        const texts = ['', '\0', 'a\r\nb', '\u2028 é 漢 👩‍🚀', 'x'.repeat(100_000)];
        const { entries } = await follow(b, channel);
        await a.append([{ channel, entries: texts.map((text) => ({ text, except: 'hash' })), retention: PLENTY }]);
        const live = await entries.take(texts.length, 'the entries');
        const { entries: kept } = await b.read(channel, { limit: 10 });
        for (const seen of [live, kept]) {
          expect(textsOf(seen)).toEqual(texts);
          expect(seen.map(({ except }) => except)).toEqual(texts.map(() => 'hash'));
        }
      }),
    );

    it(
      'delivers nothing after unfollow, and goes on where a new follow begins',
      two(async (a, b) => {
        const channel = randomChannel();
        const before = await follow(b, channel);
        await b.unfollow(channel);
        await a.append([{ channel, entries: [{ text: 'unheard' }], retention: PLENTY }]);
        const after = await follow(b, channel);
        await a.append([{ channel, entries: [{ text: 'heard' }], retention: PLENTY }]);
        expect(textsOf(await after.entries.take(1, 'the new entry'))).toEqual(['heard']);
        expect([before.entries.size, after.entries.size, before.gaps.size, after.gaps.size]).toEqual([0, 0, 0, 0]);
      }),
    );
  });

  testLogRaces(runner, name, start);
}

/** The texts and places of entries of one message each. */
function seenIn(entries: readonly Entry[], epoch: string): unknown {
  return { epoch, texts: textsOf(entries), positions: entries.map(({ offset, tag }) => ({ epoch, offset, tag })) };
}
