import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** One fenced code block: ```` ```language words ```` */
export interface CodeBlock {
  readonly page: string;
  /** The line of its first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  /** The words after the language: `fragment` for what is no whole program, `file=NAME` for what other blocks import. */
  readonly words: readonly string[];
  readonly code: string;
}

/** One link to somewhere: `target` as it is written. */
export interface Link {
  readonly page: string;
  readonly line: number;
  readonly target: string;
}

/** One page of the documentation, taken apart. */
export interface Page {
  /** Its path from the root, with `/`. */
  readonly path: string;
  readonly blocks: readonly CodeBlock[];
  readonly links: readonly Link[];
  /** The anchors of its headings, as code hosts write them. */
  readonly anchors: ReadonlySet<string>;
}

/** Every page of the documentation: the ones in the root that people open first, and all in docs/. */
export function documentationPages(): readonly Page[] {
  const inRoot = readdirSync(root).filter((name) => ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'].includes(name));
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`);
  return [...inRoot, ...inDocs].sort().map((path) => readPage(path));
}

/** Takes one page apart. */
export function readPage(path: string): Page {
  const blocks: CodeBlock[] = [];
  const links: Link[] = [];
  const anchors = new Set<string>();
  const lines = readFileSync(join(root, path), 'utf8').split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const fence = /^(\s*)(`{3,}|~{3,})\s*(.*)$/.exec(line);
    if (fence !== null) {
      const [, indent = '', ticks = '', info = ''] = fence;
      const end = lines.findIndex((each, at) => at > index && each.trim() === ticks);
      if (end === -1) throw new Error(`${path}:${index + 1}: this code block has no end`);
      const [language = '', ...words] = info.split(/\s+/);
      const code = lines.slice(index + 1, end).map((each) => each.replace(indent, ''));
      blocks.push({ page: path, line: index + 2, language, words, code: code.join('\n') });
      index = end;
      continue;
    }
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (heading !== undefined) anchors.add(unused(anchors, anchorOf(heading)));
    for (const [, id = ''] of line.matchAll(/<a\s[^>]*\b(?:id|name)="([^"]+)"/g)) anchors.add(id);
    // A link within backticks is text.
    const prose = line.replaceAll(/`[^`]*`/g, (text) => ' '.repeat(text.length));
    const found = [...prose.matchAll(/\]\(\s*<?([^)>\s]+)/g), ...prose.matchAll(/\b(?:src|href)="([^"]+)"/g)];
    for (const [, target = ''] of found) links.push({ page: path, line: index + 1, target });
  }
  return { path, blocks, links, anchors };
}

/** GitHub's rule: markup gone, lower case, punctuation dropped, spaces to hyphens. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-');
}

/** The second heading of the same text gets `-1`, the third `-2`. */
function unused(anchors: ReadonlySet<string>, anchor: string): string {
  if (!anchors.has(anchor)) return anchor;
  let count = 1;
  while (anchors.has(`${anchor}-${count}`)) count++;
  return `${anchor}-${count}`;
}
