import { errorTable } from '@rt/protocol';
import { expect, it } from 'vitest';
import { CLOSE_ERRORS, closeError } from '../src/close-error.ts';

it('knows the close codes of the protocol, and no others', () => {
  const rows = Object.entries(errorTable).filter(([, row]) => row.closeCode !== undefined);
  expect(CLOSE_ERRORS).toEqual(Object.fromEntries(rows.map(([code, row]) => [row.closeCode, code])));
});

it('makes no error of a connection that merely went', () => {
  expect([1000, 1001, 1006, 3000, 4100].map(closeError)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

it('takes an unknown code that forbids to reconnect for the end', () => {
  expect(closeError(4999)?.code).toBe('DISCONNECTED');
});
