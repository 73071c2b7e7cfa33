import type { ClientConnection } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { ApplicationErrors } from '../src/application-errors.ts';

const silent = (): void => undefined;
const REQUEST = { headers: {}, url: '/', address: '' };

/** What is logged of `error`. */
function logged(error: unknown): unknown {
  let said: unknown;
  const log = (_: string, fields?: Readonly<Record<string, unknown>>): void => void (said = fields?.['error']);
  new ApplicationErrors({ debug: silent, info: silent, warn: silent, error: log }).log('it', error, {}, undefined);
  return said;
}

describe('what is logged of an error', () => {
  it.each<[string, unknown, string]>([
    ['name and message', new TypeError('not a function'), 'TypeError: not a function'],
    ['its code', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 'Error [ECONNREFUSED]: refused'],
    ['a text', 'a text', 'a text'],
    ['nothing', undefined, 'undefined'],
    ['what has no text', Object.create(null), 'something that can not be written as text'],
    [
      'an error that has none',
      Object.assign(new Error('x'), { name: Symbol('x') }),
      'something that can not be written as text',
    ],
    ['the first 1,000 characters', new Error('x'.repeat(2_000)), `Error: ${'x'.repeat(993)}`],
  ])('is %s', (_, error, expected) => {
    expect(logged(error)).toBe(expected);
  });

  it('has neither the token of its connection nor the one before', () => {
    const lines: unknown[] = [];
    const errors = new ApplicationErrors({
      debug: silent,
      info: silent,
      warn: silent,
      error: (...line) => lines.push(line),
    });
    const connection = {} as ClientConnection;
    for (const token of ['token-0001', 'token-0002'])
      errors.hide(connection, errors.credentialsOf(connection, REQUEST, token));
    errors.log('it', new Error('token-0001 token-0002'), { channel: 'x' }, connection);
    expect(lines).toEqual([['it failed', { channel: 'x', error: 'Error: [hidden] [hidden]' }]]);
  });
});
