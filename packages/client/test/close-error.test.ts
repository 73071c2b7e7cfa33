import { expect, it } from 'vitest';
import { closeError } from '../src/close-error.ts';

it('makes no error of a connection that merely went, or that the server ended after saying why', () => {
  const codes = [1000, 1001, 1006, 3000, 4100, 4200];
  expect(codes.map(closeError)).toEqual(codes.map(() => undefined));
});

it('takes a code that forbids to reconnect for the end', () => {
  expect(closeError(4999)).toMatchObject({ code: 'DISCONNECTED', message: 'Closed with code 4999.' });
});

it('knows the code of a message that was too large for the server to read', () => {
  expect(closeError(1009)?.code).toBe('TOO_LARGE');
});
