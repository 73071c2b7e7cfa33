import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileProblems } from './docs-compiler.ts';
import { documentationPages, readPage, root } from './docs-page.ts';
import type { CodeBlock, Link } from './docs-page.ts';
import { shellProblems } from './docs-shell.ts';
import { socketIoLines } from './socket-io-lines.ts';

const pages = documentationPages();
const blocks = pages.flatMap((page) => page.blocks);
/** Output, diagrams and other people's formats: shown, not checked. */
const UNCHECKED: ReadonlySet<string> = new Set([
  'text',
  'mermaid',
  'http',
  'nginx',
  'haproxy',
  'yaml',
  'toml',
  'python',
  'css',
  'diff',
]);
const CHECKED: ReadonlySet<string> = new Set(['ts', 'js', 'html', 'json', 'jsonl', 'sh']);

function whole(language: string): readonly CodeBlock[] {
  return blocks.filter((block) => block.language === language && !block.words.includes('fragment'));
}

describe('the code blocks of the documentation', () => {
  it('say what they are', () => {
    const unknown = blocks.filter(({ language }) => !UNCHECKED.has(language) && !CHECKED.has(language));
    expect(unknown.map((block) => `${block.page}:${block.line}: a block of "${block.language}"`)).toEqual([]);
  });

  it('have only the info words that mean something', () => {
    const odd = blocks.filter(({ words }) => words.some((word) => word !== 'fragment' && !word.startsWith('file=')));
    expect(odd.map((block) => `${block.page}:${block.line}: ${block.words.join(' ')}`)).toEqual([]);
  });

  it('compile where they are TypeScript, and parse where they are JavaScript', { timeout: 120_000 }, () => {
    const programs = [...whole('ts'), ...whole('js'), ...whole('html').flatMap((block) => scriptsOf(block))];
    const lines = socketIoLines();
    expect(lines.length).toBeGreaterThan(50);
    expect(compileProblems([...programs, ...lines])).toEqual([]);
  });

  it('parse where they are JSON', () => {
    const texts = [
      ...whole('json').map((block) => ({ at: `${block.page}:${block.line}`, text: block.code })),
      ...whole('jsonl').flatMap((block) =>
        block.code.split('\n').map((text, index) => ({ at: `${block.page}:${block.line + index}`, text })),
      ),
    ];
    expect(texts.filter(({ text }) => !parses(text)).map(({ at }) => at)).toEqual([]);
  });

  it('name scripts, commands and flags that exist where they are shell', { timeout: 60_000 }, async () => {
    expect(await shellProblems(whole('sh'))).toEqual([]);
  });
});

describe('the links of the documentation', () => {
  it('lead to files and headings that exist', () => {
    const links = pages.flatMap((page) => page.links);
    expect(
      links.filter((link) => !leadsSomewhere(link)).map((link) => `${link.page}:${link.line}: ${link.target}`),
    ).toEqual([]);
  });
});

function leadsSomewhere({ page, target }: Link): boolean {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return true;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path)));
  if (!existsSync(join(root, file))) return false;
  return anchor === undefined || !file.endsWith('.md') || readPage(file.replaceAll('\\', '/')).anchors.has(anchor);
}

/** The scripts within an HTML block, each at its own line. Those with `src` or another type have nothing to parse. */
function scriptsOf(block: CodeBlock): readonly CodeBlock[] {
  return [...block.code.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)].flatMap((match) => {
    const [element, attributes = '', code = ''] = match;
    if (/\bsrc=/.test(attributes) || /\btype="(?!module"|text\/javascript")/.test(attributes)) return [];
    const start = match.index + element.indexOf('>') + 1;
    const line = block.line + block.code.slice(0, start).split('\n').length - 1;
    return [{ ...block, line, language: 'js', words: [], code }];
  });
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
