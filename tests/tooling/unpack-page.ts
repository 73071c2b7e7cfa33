import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './docs-page.ts';
import type { CodeBlock, Page } from './docs-page.ts';

/** What a block is called as a file: by its `file=NAME`, else by where it stands. */
export function fileNameOf({ words, line, language }: CodeBlock): string {
  return words.find((word) => word.startsWith('file='))?.slice('file='.length) ?? `line-${line}.${language}`;
}

/** Every `ts` and `js` block of a page as a file, as `edit` makes it, in a new folder. Whoever asked removes that. */
export async function unpackPage({ blocks }: Page, edit = (code: string): string => code): Promise<string> {
  // Below tests/, so that imports are found.
  const folder = await mkdtemp(join(root, 'tests', 'docs-page-'));
  const programs = blocks.filter(({ language }) => language === 'ts' || language === 'js');
  for (const block of programs) await writeFile(join(folder, fileNameOf(block)), edit(block.code));
  return folder;
}
