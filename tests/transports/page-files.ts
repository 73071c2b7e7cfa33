import { rm } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { readPage } from '../tooling/docs-page.ts';
import { unpackPage } from '../tooling/unpack-page.ts';

/** The folder of a test with the programs of one page of docs/ in it; gone when the test has ended. */
export async function pageFiles(page: string): Promise<string> {
  const folder = await unpackPage(readPage(`docs/${page}`));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}
