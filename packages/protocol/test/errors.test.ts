import { closeCodeReconnects, errorTable, RealtimeError, RETRYABLE, toRealtimeError } from '@rt/protocol';
import { describe, expect, it } from 'vitest';

describe('the error table', () => {
  it.each(Object.entries(errorTable))('%s says what to do, and its close code agrees with retryable', (code, row) => {
    expect(row.message).toMatch(/^[A-Z].*\.$/);
    if (row.closeCode !== undefined && row.closeCode >= 4000)
      expect(closeCodeReconnects(row.closeCode)).toBe(RETRYABLE.has(code));
  });

  it('gives every close code to one error only', () => {
    const codes = Object.values(errorTable).flatMap((row) => row.closeCode ?? []);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

describe('RealtimeError', () => {
  it('knows whether trying again helps', () => {
    expect(new RealtimeError('DEADLINE', 'x').retryable).toBe(true);
    expect(new RealtimeError('FORBIDDEN', 'x').retryable).toBe(false);
  });

  it('keeps the error behind it, and one that is ours already as it is', () => {
    const cause = new Error('behind');
    expect(toRealtimeError(cause, 'BROKER_DOWN', 'x').cause).toBe(cause);
    const ours = new RealtimeError('FORBIDDEN', 'x');
    expect(toRealtimeError(ours, 'BROKER_DOWN', 'y')).toBe(ours);
  });
});

describe('closeCodeReconnects', () => {
  it.each([
    [1000, true],
    [1006, true],
    [1009, true],
    [3499, true],
    [3500, false],
    [3999, false],
    [4000, true],
    [4499, true],
    [4500, false],
    [4999, false],
  ])('%i → %s', (code, reconnects) => {
    expect(closeCodeReconnects(code)).toBe(reconnects);
  });
});
