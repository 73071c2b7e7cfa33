import { expect, it } from 'vitest';
import { application, config } from './large-application.ts';
import { typeCheck } from './type-checker.ts';

// Times mean nothing on a machine that does other things as well: what the compiler had to do is counted.
// `npm run bench -- types` has the times.

it('a contract of 200 channels with 20 events costs the compiler next to nothing', { timeout: 300_000 }, () => {
  const size = { channels: 200, events: 20, sends: 1, used: 0 };
  const { problems, instantiations } = typeCheck({ 'application.ts': application(size) }, 'sources');
  expect(problems).toEqual([]);
  // 23 for each of its 4,200 schemas. To look into a single one of zod costs 134.
  expect(instantiations).toBeLessThan(30 * 4_200);
});

it('using a channel costs no more where there are 200', { timeout: 300_000 }, () => {
  const size = { channels: 200, events: 2, sends: 1, used: 1 };
  const { problems, instantiations } = typeCheck({ 'application.ts': application(size) }, 'sources');
  expect(problems).toEqual([]);
  // Six uses of each. A matcher that looks at all patterns for every name takes 17,000.
  expect(instantiations).toBeLessThan(6_000 * 200);
});

it('a config that has something for each of 200 channels costs no more than using them', { timeout: 300_000 }, () => {
  const { problems, instantiations } = typeCheck(
    { 'rt.config.ts': config({ channels: 200, events: 2, sends: 1 }) },
    'sources',
  );
  expect(problems).toEqual([]);
  // A handler and an authorizer of each.
  expect(instantiations).toBeLessThan(1_500 * 200);
});
