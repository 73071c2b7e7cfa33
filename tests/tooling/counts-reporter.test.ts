import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './docs-page.ts';

/** Runs vitest on one file of `code` with the reporter, and answers the counts that `npm test` prints at its end. */
async function countsOf(code: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'rt-counts-'));
  const countsFile = join(folder, 'counts.json');
  writeFileSync(join(folder, 'some.test.js'), code);
  // Without one of its own it would look for a configuration further out.
  writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {};');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporter = join(root, 'scripts', 'counts-reporter.mjs');
  const args = [vitest, 'run', '--globals', `--root=${folder}`, `--reporter=${reporter}`];
  const env = { ...process.env, RT_TEST_COUNTS: countsFile };
  // Most of these runs fail, as they should.
  await new Promise<void>((resolve) => execFile(process.execPath, args, { env }, () => resolve()));
  const counts: unknown = JSON.parse(readFileSync(countsFile, 'utf8'));
  rmSync(folder, { recursive: true });
  return counts;
}

describe.concurrent('the counts of the closing line', () => {
  it('are those of the tests', async () => {
    const code = `test('a', () => {}); test.skip('b', () => {}); test.todo('c'); test('d', () => expect(1).toBe(2));`;
    expect(await countsOf(code)).toEqual({ passed: 1, failed: 1, skipped: 2 });
  });

  it('have a failure for a file that can not be loaded', async () => {
    expect(await countsOf(`throw new Error('on load');`)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('have a failure for a suite whose set-up fails', async () => {
    const code = `describe('s', () => { beforeAll(() => { throw new Error('set-up'); }); test('a', () => {}); });`;
    expect(await countsOf(code)).toEqual({ passed: 0, failed: 1, skipped: 1 });
  });

  it('have a failure for an error that nobody handled', async () => {
    const code = `test('a', async () => { Promise.reject(new Error('late')); await new Promise((r) => setTimeout(r, 50)); });`;
    expect(await countsOf(code)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });
});
