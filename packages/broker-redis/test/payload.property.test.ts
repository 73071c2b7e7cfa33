import { encodeBus } from '@rt/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APART, decode, decodeBatch, encodeRecord } from '../src/payload.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 50 });
const tag = fc.stringMatching(/^[0-9a-z]{1,4}$/);
const except = fc.option(fc.stringMatching(/^[A-Za-z0-9_-]{1,43}$/), { nil: undefined });

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
      fc.property(
        fc.array(fc.record({ text, tag, except }), { minLength: 1 }),
        fc.integer({ min: 1, max: 2 ** 50 }),
        (entries, first) => {
          const records = entries.map((entry) => encodeRecord(entry.tag, entry.text, entry.except)).join('');
          const batch = decodeBatch(`1l epoch ${first - 1} ${entries.length} before 1700000000000\n${records}`);
          const tags = ['before', ...entries.map((entry) => entry.tag)];
          const expected = entries.map((entry, index) => ({
            offset: first + index,
            previousTag: tags[index],
            tag: entry.tag,
            text: entry.text,
            ...(entry.except === undefined ? {} : { except: entry.except }),
          }));
          expect(batch).toEqual({
            epoch: 'epoch',
            first,
            last: first + entries.length - 1,
            previousTag: 'before',
            lastTag: tags.at(-1),
            atMs: 1_700_000_000_000,
            entries: expected,
          });
        },
      ),
    );
  });

  it('carry entries whose records came before, and no others', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ text, tag, except }), { minLength: 1 }), (entries) => {
        const records = entries.map((entry) => encodeRecord(entry.tag, entry.text, entry.except)).join('');
        const head = `1l epoch 0 ${entries.length} before 1700000000000\n`;
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
      `1l e 0 2 0 1\n${encodeRecord('a', 'one', 'x')}${encodeRecord('b', '', undefined)}`,
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
      fc.string().map((rest) => `1l ${rest}`),
      fc.stringMatching(/^1b [0-9,]{0,20}\n.{0,20}$/),
      fc.stringMatching(/^1l e [0-9]{1,20} [0-9]{1,20} t [0-9]{1,20}\n.{0,20}$/),
      fc.constantFrom(
        '',
        '1',
        '1b',
        '1l',
        '1b 99999999999\n',
        '1l e 1 9007199254740993 t 1\na 0\n',
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
