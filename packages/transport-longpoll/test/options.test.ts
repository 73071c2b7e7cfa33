import { longPolling } from '@rt/transport-longpoll';
import { expect, it } from 'vitest';

it.each([999, 300_001, 1.5, Number.NaN, -1, '25000', null])('timeoutMs of %s is refused', (timeoutMs) => {
  const options = { timeoutMs } as { timeoutMs: number };
  expect(() => longPolling(options)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }) as Error);
  expect(() => longPolling(options)).toThrow(/timeoutMs is .* must be a whole number from 1000 to 300000/);
});

it.each([undefined, 1_000, 300_000])('timeoutMs of %s is taken', (timeoutMs) => {
  expect(longPolling(timeoutMs === undefined ? {} : { timeoutMs }).name).toBe('longpolling');
});

it('an option that there is not is named', () => {
  expect(() => longPolling({ timeout: 1 } as object)).toThrow('longPolling: there is no option timeout');
});
