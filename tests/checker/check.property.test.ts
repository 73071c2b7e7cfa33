import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import { faults } from './fault.ts';
import { goodHistory, lossyHistory } from './good-history.ts';
import { summary } from './summary.ts';

const NUM_RUNS = 400;

describe('check', () => {
  for (const [name, history] of Object.entries({ goodHistory, lossyHistory })) {
    it(`passes every history of a server that keeps the promise: ${name}`, () => {
      fc.assert(
        fc.property(history, (recording) => {
          const violations = check(recording, { knowsLosses: true });
          expect(violations, summary(recording, violations)).toEqual([]);
        }),
        { numRuns: NUM_RUNS },
      );
    });
  }

  for (const [name, { rules, plantings, needsLoss = false }] of Object.entries(faults)) {
    it(`finds ${name} in any history that it can be planted into`, () => {
      let planted = 0;
      fc.assert(
        fc.property(needsLoss ? lossyHistory : goodHistory, fc.nat(), ({ facts }, pick) => {
          const choices = plantings(facts);
          const choice = choices[pick % choices.length];
          if (choice === undefined) return;
          planted++;
          const recording = { facts: choice() };
          const violations = check(recording, { knowsLosses: true });
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
