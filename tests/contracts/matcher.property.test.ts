import { PatternMap } from '@rt/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { typeCheck } from './type-checker.ts';

/** Few different parts, so that patterns and names often meet, and nearly do. */
const word = fc.constantFrom('a', 'b', 'ab', 'a-b', '1', '=2E', 'presence-a', '');
const part = fc.oneof({ weight: 3, arbitrary: word }, fc.constantFrom('{x}', '{y}', '{z}'));
const rest = fc.constantFrom('*', 'a*', 'ab*', 'b*', 'presence-*');
const pattern = fc
  .tuple(fc.array(part, { maxLength: 3 }), fc.option(rest, { nil: undefined }))
  .map(([parts, end]) => [...parts, ...(end === undefined ? [] : [end])].join('.'));
const name = fc
  .array(fc.oneof(word, fc.constantFrom('c', 'abc', 'ba')), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('.'))
  .filter((text) => text !== '');
const universe = fc.record({
  patterns: fc.array(pattern, { minLength: 1, maxLength: 8 }),
  names: fc.array(name, { minLength: 1, maxLength: 8 }),
});

/** The patterns that one contract may have together. */
function usable(patterns: readonly string[]): PatternMap<string> & { readonly texts: readonly string[] } {
  const map = new PatternMap<string>();
  const texts = patterns.filter((text) => {
    try {
      map.add(text, text);
      return true;
    } catch {
      return false;
    }
  });
  return Object.assign(map, { texts });
}

it('the matcher of the types finds for every name the pattern that the matcher at run time finds', () => {
  const cases: string[] = [];
  let matches = 0;
  let choices = 0;
  fc.assert(
    fc.property(universe, ({ patterns, names }) => {
      const map = usable(patterns);
      const union = map.texts.map((text) => JSON.stringify(text)).join(' | ') || 'never';
      for (const each of names) {
        const atRunTime = map.find(each)?.value;
        if (atRunTime !== undefined) matches++;
        if (map.findAll(each).length > 1) choices++;
        const expected = atRunTime === undefined ? 'never' : JSON.stringify(atRunTime);
        const found = `MatchPattern<${union}, ${JSON.stringify(each)}>`;
        cases.push(`export const case${cases.length}: Is<${found}, ${expected}> = true;`);
      }
    }),
    { numRuns: 400 },
  );
  // Else the generator says nothing about what it is for.
  expect(matches).toBeGreaterThan(cases.length / 10);
  expect(choices).toBeGreaterThan(cases.length / 50);
  const head = [
    "import type { MatchPattern } from '@rt/protocol';",
    'type Is<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : [One, Other]) : [One, Other];',
  ];
  const { problems } = typeCheck({ 'matcher-cases.ts': [...head, ...cases].join('\n') }, 'sources');
  const told = problems.map((problem) => `${problem}\n${cases[Number(problem.split(':')[1]) - head.length - 1]}`);
  expect(told).toEqual([]);
}, 300_000);
