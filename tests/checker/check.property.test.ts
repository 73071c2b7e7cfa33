import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import { faults } from './fault.ts';
import { goodHistory } from './good-history.ts';
import { summary } from './summary.ts';

const NUM_RUNS = 400;

describe('check', () => {
  it('passes every history of a server that keeps the promise', () => {
    fc.assert(
      fc.property(goodHistory, (recording) => {
        const violations = check(recording);
        expect(violations, summary(recording, violations)).toEqual([]);
      }),
      { numRuns: NUM_RUNS },
    );
  });

  for (const [name, { rules, plantings }] of Object.entries(faults)) {
    it(`finds ${name} in any history that it can be planted into`, () => {
      let planted = 0;
      fc.assert(
        fc.property(goodHistory, fc.nat(), ({ facts }, pick) => {
          const choices = plantings(facts);
          const choice = choices[pick % choices.length];
          if (choice === undefined) return;
          planted++;
          const recording = { facts: choice() };
          const violations = check(recording);
          const found = [...new Set(violations.map(({ rule }) => rule))];
          const text = summary(recording, violations, 100);
          expect(found, text).not.toEqual([]);
          expect(
            found.filter((rule) => !rules.includes(rule)),
            text,
          ).toEqual([]);
        }),
        { numRuns: NUM_RUNS },
      );
      // Else the property says nothing.
      expect(planted).toBeGreaterThan(NUM_RUNS / 20);
    });
  }
});
