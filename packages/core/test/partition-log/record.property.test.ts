import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LogWork } from '../../src/contracts/log.ts';
import { decodeRecord } from '../../src/partition-log/record-reader.ts';
import { draftRecords, encodeRecord } from '../../src/partition-log/record.ts';

/** Whatever may be in a text: line ends, spaces, what looks like a record, any character of Unicode. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\n', ' ', 'news 1 1 1\nt 1\nx', '\0\u2028"\\'),
);
const entry = fc.oneof(
  fc.record({
    text,
    count: fc.constant(1),
    id: fc.option(text, { nil: undefined }),
    except: fc.option(text, { nil: undefined }),
  }),
  fc.array(fc.stringMatching(/^[^\n]*$/), { minLength: 2, maxLength: 5 }).map((lines) => ({
    text: lines.join('\n'),
    count: lines.length,
    id: undefined,
    except: undefined,
  })),
);
const channel = fc.stringMatching(/^[\w=@,.;:-]{1,164}$/);
const work: fc.Arbitrary<LogWork[]> = fc.array(
  fc.record({
    channel,
    entries: fc.array(entry, { maxLength: 5 }),
    retention: fc.record({ size: fc.nat(10_000), ttlMs: fc.nat() }),
  }),
  { maxLength: 5 },
);

it('every entry of a tick comes out of the records as it went in, in its order', () => {
  fc.assert(
    fc.property(work, fc.nat(), (given, number) => {
      let tags = 0;
      const drafts = draftRecords(given, [...given.keys()], () => `t${tags++}`);
      const read = drafts.flatMap(({ body, runs }) => {
        const record = decodeRecord(encodeRecord('writer', number, body));
        expect(record).toMatchObject({ writer: 'writer', number });
        expect(record!.parts.map(({ entries }) => entries.length)).toEqual(runs.map(({ count }) => count));
        return record!.parts.flatMap(({ entries, ...part }, at) =>
          entries.map((each, index) => ({ ...part, ...each, work: runs[at]!.work, entry: runs[at]!.from + index })),
        );
      });
      const expected = given.flatMap(({ entries, ...part }, index) =>
        entries.map((each, position) => ({ ...part, ...each, work: index, entry: position })),
      );
      expect(read).toEqual(expected.map((each, index) => ({ ...each, tag: `t${index}` })));
    }),
  );
});

it('a record that is cut short, or has something more, is none', () => {
  fc.assert(
    fc.property(work, fc.nat(), fc.string({ unit: 'binary', minLength: 1 }), (given, pick, more) => {
      const [draft] = draftRecords(given, [...given.keys()], () => 't');
      if (draft === undefined) return;
      const whole = encodeRecord('writer', 1, draft.body);
      const body = whole.indexOf('\n') + 1;
      // Whole parts are a record, too: the end of one of these is no place to cut.
      const cut = whole.slice(0, body + 1 + (pick % (whole.length - body - 1)));
      const parts = decodeRecord(cut)?.parts;
      if (parts !== undefined) expect(decodeRecord(whole)!.parts.slice(0, parts.length)).toEqual(parts);
      const longer = decodeRecord(whole + more)?.parts;
      if (longer !== undefined) expect(longer.length).toBeGreaterThan(draft.runs.length);
    }),
  );
});
