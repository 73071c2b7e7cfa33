import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readPage } from '../tooling/docs-page.ts';

const run = promisify(execFile);

describe('the programs of the guide', () => {
  it.each(['docs/guide/handlers.md', 'docs/guide/methods.md'])('%s prints what it shows', async (path) => {
    const { blocks } = readPage(path);
    // Inside the workspace, so that imports are found.
    const folder = await mkdtemp(join(import.meta.dirname, 'guide-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const { words, code } of blocks) {
      const name = words.find((word) => word.startsWith('file='))?.slice('file='.length);
      if (name !== undefined) await writeFile(join(folder, name), code);
    }
    const args = ['--conditions=@rt/source', join(folder, 'program.ts')];
    const { stdout, stderr } = await run(process.execPath, args, { timeout: 25_000 });
    expect(stderr).toBe('');
    const shown = blocks.find(({ language }) => language === 'text')?.code ?? '';
    expect(stdout.trim().split('\n').sort()).toEqual(shown.split('\n').sort());
  });
});
