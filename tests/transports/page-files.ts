import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** The folder of a test with the named blocks of one page of docs/ in it; gone when the test has ended. */
export async function pageFiles(page: string): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '../../docs', page), 'utf8');
  // Below tests/, so that they find the packages.
  const folder = await mkdtemp(join(import.meta.dirname, 'page-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [, name = '', code = ''] of text.matchAll(/^```\w+ file=(\S+)\n([\s\S]*?)^```$/gm))
    await writeFile(join(folder, name), code);
  return folder;
}
