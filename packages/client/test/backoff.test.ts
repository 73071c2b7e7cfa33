import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffDelayMs } from '../src/backoff.ts';

it('waits between nothing and the smaller of the longest wait and the doubled base', () => {
  fc.assert(
    fc.property(
      fc.nat(2_000),
      fc.nat(60_000),
      fc.nat(60_000),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, baseMs, maxMs, random) => {
        const waitMs = backoffDelayMs(attempt, { baseMs, maxMs }, () => random);
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(maxMs);
        if (attempt < 40) expect(waitMs).toBeLessThanOrEqual(baseMs * 2 ** attempt);
      },
    ),
  );
});

it('doubles the longest wait from the base on', () => {
  const longest = [0, 1, 2, 5, 9].map((attempt) => backoffDelayMs(attempt, { baseMs: 1_000, maxMs: 30_000 }, () => 1));
  expect(longest).toEqual([1_000, 2_000, 4_000, 30_000, 30_000]);
});
