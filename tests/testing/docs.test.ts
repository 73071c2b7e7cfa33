import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPage } from '../tooling/docs-page.ts';
import { unpackPage } from '../tooling/unpack-page.ts';

const run = promisify(execFile);
const page = readPage('docs/testing.md');
const names = page.blocks.flatMap(({ words }) =>
  words.flatMap((word) => (word.startsWith('file=') ? [word.slice(5)] : [])),
);
let folder: string;

beforeAll(async () => {
  folder = await unpackPage(page);
  const config = `export default {
    ssr: { resolve: { conditions: ['@rt/source', 'node', 'default'] } },
    test: { include: ['*.vitest.ts'] },
  };`;
  await writeFile(join(folder, 'vitest.config.ts'), config);
});

afterAll(() => rm(folder, { recursive: true }));

describe('the examples of docs/testing.md', () => {
  it.each(names.filter((name) => name.endsWith('.node.ts')))('%s passes under node:test', async (name) => {
    const args = ['--conditions=@rt/source', '--test', '--test-reporter=tap', join(folder, name)];
    // The variable would make it report to this very run.
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    const { stdout } = await run(process.execPath, args, { timeout: 25_000, env });
    expect(stdout).toMatch(/^# pass [1-9]/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  });

  it('pass under vitest', async () => {
    const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
    const output = join(folder, 'report.json');
    const args = [vitest, 'run', '--root', folder, '--reporter=json', `--outputFile=${output}`];
    await run(process.execPath, args, { timeout: 60_000 });
    expect(JSON.parse(await readFile(output, 'utf8'))).toMatchObject({ success: true, numPassedTests: 2 });
  }, 90_000);
});
