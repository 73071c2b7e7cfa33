import { readFileSync } from 'node:fs';
import { closeCodeReconnects, errorTable, RETRYABLE } from '@rt/protocol';
import type { ErrorRow } from '@rt/protocol';
import { describe, expect, it } from 'vitest';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const table = new Map<string, ErrorRow>(Object.entries(errorTable));
/** Those of RFC 6455 that a client may see. */
const STANDARD_CLOSE_CODES = [1000, 1001, 1002, 1003, 1006, 1007, 1008, 1009, 1011];

/** `Retryable: yes|no · HTTP 403 · close 4501`, parts absent when absent. */
function factsOf(code: string, row: ErrorRow): string {
  const facts = [`Retryable: ${RETRYABLE.has(code) ? 'yes' : 'no'}`];
  if (row.status !== undefined) facts.push(`HTTP ${row.status}`);
  if (row.closeCode !== undefined) facts.push(`close ${row.closeCode}`);
  return facts.join(' · ');
}

describe('docs/errors.md', () => {
  const sections = page
    .split(/^## /m)
    .slice(1)
    .map((text) => {
      const [heading = '', facts = '', ...rest] = text.split('\n').filter((line) => line !== '');
      return { heading, facts, text: rest.join('\n') };
    });
  const errors = sections.filter(({ heading }) => heading !== 'Close codes');

  it('has exactly one heading for each code of the error table, in the order of the alphabet', () => {
    expect(errors.map(({ heading }) => heading)).toEqual([...table.keys()].sort());
  });

  it.each([...table])('gives the facts of %s as the code has them', (code, row) => {
    expect(errors.find(({ heading }) => heading === code)?.facts).toBe(factsOf(code, row));
  });

  it('says something of each', () => {
    expect(errors.filter(({ text }) => text.length < 40).map(({ heading }) => heading)).toEqual([]);
  });

  it('lists every close code with its error and whether a client reconnects', () => {
    const rows = [...page.matchAll(/^\| (\d+) \| (?:–|\[(\w+)\]\(#\w+\)) \| (yes|no) \|/gm)];
    const own = [...table].flatMap(([code, { closeCode }]) => (closeCode === undefined ? [] : [{ closeCode, code }]));
    const closeCodes = new Set([...STANDARD_CLOSE_CODES, ...own.map(({ closeCode }) => closeCode)]);
    const expected = [...closeCodes]
      .sort((a, b) => a - b)
      .map((closeCode) => {
        const error = own.find((each) => each.closeCode === closeCode)?.code;
        return [closeCode, error, closeCodeReconnects(closeCode) ? 'yes' : 'no'];
      });
    expect(rows.map(([, closeCode, error, reconnects]) => [Number(closeCode), error, reconnects])).toEqual(expected);
  });

  it('gives no close code to two errors', () => {
    const codes = [...table.values()].flatMap(({ closeCode }) => closeCode ?? []);
    expect(new Set(codes).size).toBe(codes.length);
  });
});
