import { encodeBus } from '@rt/core';
import type { NewEntry } from '@rt/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APART, decode, decodeBatch, encodeRecord } from '../src/payload.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 50 });
const tag = fc.stringMatching(/^[0-9a-z]{1,4}$/);
/** Several messages as one entry. */
const several = fc
  .array(fc.stringMatching(/^[^\n]*$/), { minLength: 2, maxLength: 5 })
  .map((lines) => ({ text: lines.join('\n'), count: lines.length, except: undefined }));
const except = fc.option(fc.stringMatching(/^[A-Za-z0-9_-]{1,43}$/), { nil: undefined });

const entry = fc.oneof(fc.record({ text, count: fc.constant(1), except }), several);
const tagged = fc.array(fc.record({ entry, tag }), { minLength: 1 });

function recordsOf(entries: readonly { readonly entry: NewEntry; readonly tag: string }[]): string {
  return entries.map((each) => encodeRecord(each.tag, each.entry)).join('');
}

const messagesIn = (entries: readonly { readonly entry: { readonly count: number } }[]): number =>
  entries.reduce((sum, each) => sum + each.entry.count, 0);

describe('payloads', () => {
  it('carry texts of the bus as they are', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (texts) => {
        expect(decode(encodeBus(texts))).toEqual({ kind: 'bus', texts });
      }),
    );
  });

  it('carry entries with their places, tags and exceptions', () => {
    fc.assert(
      fc.property(tagged, fc.integer({ min: 1, max: 2 ** 50 }), (entries, first) => {
        const count = messagesIn(entries);
        const batch = decodeBatch(`2l epoch ${first - 1} ${count} before 1700000000000\n${recordsOf(entries)}`);
        const tags = ['before', ...entries.map((each) => each.tag)];
        const expected = entries.map((each, index) => ({
          offset: first + messagesIn(entries.slice(0, index)),
          count: each.entry.count,
          previousTag: tags[index],
          tag: each.tag,
          text: each.entry.text,
          ...(each.entry.except === undefined ? {} : { except: each.entry.except }),
        }));
        expect(batch).toEqual({
          epoch: 'epoch',
          first,
          last: first + count - 1,
          previousTag: 'before',
          lastTag: tags.at(-1),
          atMs: 1_700_000_000_000,
          entries: expected,
        });
      }),
    );
  });

  it('carry entries whose records came before, and no others', () => {
    fc.assert(
      fc.property(tagged, (entries) => {
        const records = recordsOf(entries);
        const head = `2l epoch 0 ${messagesIn(entries)} before 1700000000000\n`;
        const lastTag = entries.at(-1)!.tag;
        expect(decode(APART + records)).toEqual({ kind: 'records' });
        expect(decode(head + lastTag, APART + records)).toEqual({ kind: 'log', batch: decodeBatch(head + records) });
        expect(decode(`${head}${lastTag}x`, APART + records)).toBeUndefined();
        expect(decode(head + lastTag)).toBeUndefined();
        expect(decode(head + records, `${APART}other`)).toEqual({ kind: 'log', batch: decodeBatch(head + records) });
      }),
    );
  });

  it('are refused without an error where one character is missing, added or another', () => {
    const good = [
      encodeBus(['one', 'two']),
      `2l e 0 2 0 1\n${encodeRecord('a', { text: 'one', except: 'x' })}${encodeRecord('b', { text: '' })}`,
    ];
    for (const payload of good) expect(decode(payload)).toBeDefined();
    for (const payload of good) {
      for (let at = 0; at < payload.length; at++) {
        const isText = payload.startsWith('one', at) || payload.startsWith('two', at);
        expect(decode(payload.slice(0, at) + payload.slice(at + 1)), `without ${at}`).toBeUndefined();
        if (!isText) decode(`${payload.slice(0, at)}\0${payload.slice(at + 1)}`);
      }
      expect(decode(`${payload} `)).toBeUndefined();
    }
  });

  it('may be anything without an error', () => {
    const garbage = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((rest) => `1b ${rest}`),
      fc.string().map((rest) => `2l ${rest}`),
      fc.stringMatching(/^1b [0-9,]{0,20}\n.{0,20}$/),
      fc.stringMatching(/^2l e [0-9]{1,20} [0-9]{1,20} t [0-9]{1,20}\n.{0,20}$/),
      fc.constantFrom(
        '',
        '1',
        '1b',
        '2l',
        '1b 99999999999\n',
        '2l e 1 9007199254740993 t 1\na 1 0\n',
        '2l e 1 9000000000 t 1\na 9000000000 0\n',
        '2l e 1 2 t 1\na 2 0\n',
        '2b 1\nx',
        '1b 1e3\nx',
      ),
    );
    fc.assert(
      fc.property(garbage, (payload) => {
        const decoded = decode(payload);
        if (decoded?.kind === 'bus') expect(encodeBus(decoded.texts).length).toBeLessThanOrEqual(payload.length);
      }),
      { numRuns: 2_000 },
    );
  });
});
