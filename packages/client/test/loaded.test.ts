import { RealtimeError } from '@rt/protocol';
import { expect, it } from 'vitest';
import { loaded, loadFeatures } from '../src/loaded.ts';

it('a file that does not load is a retryable DEADLINE, and is asked for again', async () => {
  const cause = new TypeError('Failed to fetch dynamically imported module');
  const failure = await loaded(Promise.reject(cause)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(RealtimeError);
  expect(failure).toMatchObject({ code: 'DEADLINE', retryable: true, cause });
  expect(Object.keys(await loadFeatures())).toContain('history');
});
