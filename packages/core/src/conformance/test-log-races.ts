import type { Position } from '@rt/protocol';
import type { Entry, Log } from '../contracts/log.ts';
import { HOSTILE_NAMES } from './hostile-names.ts';
import { follow, placesOf, PLENTY, randomChannel, textsOf, withLogs } from './logs.ts';
import type { BrokerUnderTest } from './test-broker.ts';
import type { TestRunner } from './test-runner.ts';

/** The part of `testLog` in which several things happen at once. */
export function testLogRaces(
  { describe, it, expect }: TestRunner,
  name: string,
  start: () => Promise<BrokerUnderTest>,
): void {
  const two = withLogs(start);

  describe(`log of ${name}: the contract under concurrency`, () => {
    it(
      'is whole where what is read since a place is joined with what comes in live, 200 times under traffic',
      two(async (a, b) => {
        const channel = randomChannel();
        const [[since]] = (await placesOf(
          a.append([{ channel, entries: [{ text: 'since' }], retention: PLENTY }]),
        )) as [[Position]];
        const stop = new AbortController();
        let published = 0;
        const publish = async (log: Log): Promise<void> => {
          while (!stop.signal.aborted) {
            await log.append([{ channel, entries: [{ text: String(published++) }], retention: PLENTY }]);
          }
        };
        const publishing = Promise.all([publish(a), publish(b)]);
        let from: Position = since;
        for (let round = 0; round < 200; round++) {
          const { head, entries: live, gaps } = await follow(b, channel);
          const read = await b.read(channel, { after: from, limit: 10_000 });
          const last = await live.next('a live entry');
          await b.unfollow(channel);
          const joined: Entry[] = [...read.entries];
          for (const entry of [last, ...(await live.take(live.size, 'the live entries'))]) {
            if (entry.offset > (joined.at(-1)?.offset ?? head.offset)) joined.push(entry);
          }
          expect([read.proof, gaps.size]).toEqual(['contiguous', 0]);
          expect(isChain(from, joined)).toBe(true);
          const end = joined.at(-1)!;
          from = { epoch: read.epoch, offset: end.offset, tag: end.tag };
        }
        stop.abort();
        await publishing;
      }),
    );

    it(
      'keeps one entry of a publish id that four publishers send at once, in one append and in several',
      two(async (a, b) => {
        const channel = randomChannel();
        const entries = ['x', 'y', 'x', 'z', 'x'].map((id) => ({ text: id, id }));
        const appended = await Promise.all(
          [a, b, a, b].map(async (log) => (await placesOf(log.append([{ channel, entries, retention: PLENTY }])))[0]!),
        );
        for (const places of appended) expect(places).toEqual(appended[0]);
        const [first] = appended;
        expect([first![2], first![4]]).toEqual([first![0], first![0]]);
        const kept = await b.read(channel, { limit: 10 });
        expect(textsOf(kept.entries)).toEqual(['x', 'y', 'z']);
      }),
    );

    it(
      'delivers nothing of an earlier following, however quickly a channel is followed again',
      two(async (a, b) => {
        const channel = randomChannel();
        for (let round = 0; round < 50; round++) {
          const first = follow(b, channel);
          const ended = first.then(() => b.unfollow(channel));
          const [appended] = await placesOf(
            a.append([{ channel, entries: [{ text: `${round} maybe` }], retention: PLENTY }]),
          );
          await ended;
          const { head, entries, gaps } = await follow(b, channel);
          expect(head).toEqual(appended!.at(-1));
          await a.append([{ channel, entries: [{ text: `${round} heard` }], retention: PLENTY }]);
          expect((await entries.next('the entry after the head')).text).toBe(`${round} heard`);
          expect([entries.size, gaps.size]).toEqual([0, 0]);
          await b.unfollow(channel);
        }
      }),
    );

    it(
      'keeps channels apart whose names look like patterns or differ little',
      two(async (a, b) => {
        const prefix = randomChannel();
        const channels = HOSTILE_NAMES.map((hostile) => (prefix + hostile).slice(0, 164)).concat(HOSTILE_NAMES);
        const followed = await Promise.all(channels.map((channel) => follow(b, channel)));
        await placesOf(
          a.append(channels.map((channel) => ({ channel, entries: [{ text: channel }], retention: PLENTY }))),
        );
        for (const [index, channel] of channels.entries()) {
          expect((await followed[index]!.entries.next(`the entry of ${channel}`)).text).toBe(channel);
          expect(textsOf((await b.read(channel, { limit: 2 })).entries)).toEqual([channel]);
        }
        expect(followed.map(({ entries }) => entries.size)).toEqual(channels.map(() => 0));
      }),
    );

    it(
      'gives places in the order of the appends of one node that did not wait for each other',
      two(async (a, b) => {
        const channel = randomChannel();
        const { entries } = await follow(b, channel);
        const texts = Array.from({ length: 300 }, (_, index) => String(index));
        await Promise.all(texts.map((text) => a.append([{ channel, entries: [{ text }], retention: PLENTY }])));
        expect(textsOf(await entries.take(texts.length, 'every entry'))).toEqual(texts);
      }),
    );
  });
}

/** Whether each of `entries` says that the one before it is the one before it, from a place on. */
function isChain(from: Position, entries: readonly Entry[]): boolean {
  let { offset, tag } = from;
  for (const entry of entries) {
    if (entry.offset <= offset || entry.previousTag !== tag) return false;
    ({ offset, tag } = entry);
  }
  return true;
}
