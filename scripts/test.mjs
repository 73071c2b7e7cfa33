import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foreground } from './child.mjs';
import { root } from './root.mjs';
import { setup } from './setup.mjs';
import { findSystemPackages } from './system-packages.mjs';

// npm test [-- --long] [-- vitest's arguments, e.g. a part of a file name]: sets up, runs the tests once, and ends with
// `N passed, N failed` alone on the last line.
const { node, env } = await setup();
const found = await findSystemPackages();
const given = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'rt-test-'));
const countsFile = join(folder, 'counts.json');

const code = await foreground(
  node,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    `--reporter=${join(root, 'scripts', 'counts-reporter.mjs')}`,
    ...given.filter((each) => each !== '--long'),
  ],
  { cwd: root, env: { ...env, ...found, RT_LONG: given.includes('--long') ? '1' : '0', RT_TEST_COUNTS: countsFile } },
);
const counts = readCounts();
rmSync(folder, { recursive: true, force: true });

const ran = counts.passed + counts.failed > 0;
if (!ran) console.error('No test ran.');
const failed = code !== 0 || !ran ? Math.max(counts.failed, 1) : counts.failed;
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
process.exitCode = failed === 0 ? 0 : 1;
console.log(`${counts.passed} passed, ${failed} failed${skipped}`);

function readCounts() {
  try {
    return JSON.parse(readFileSync(countsFile, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
