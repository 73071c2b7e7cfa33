import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentationPages, root } from './docs-page.ts';

/** `[text](path.test.ts "name of a test")` */
const TEST_LINK = /\]\(([^)\s]+\.test\.ts) "([^"]*)"\)/g;

/** A link of the documentation to a test, by file and name. */
interface TestLink {
  readonly at: string;
  readonly file: string;
  readonly name: string;
}

function linksOf(page: string): readonly TestLink[] {
  return linesOf(page).flatMap((line, index) =>
    Array.from(line.matchAll(TEST_LINK), ([, target = '', name = '']) => ({
      at: `${page}:${index + 1}`,
      file: join(dirname(page), target),
      name,
    })),
  );
}

function linesOf(page: string): readonly string[] {
  return readFileSync(join(root, page), 'utf8').split('\n');
}

/** Whether a test file, or a suite that it imports from beside it, says `name`. */
function hasTest({ file, name }: TestLink): boolean {
  const path = join(root, file);
  if (!existsSync(path)) return false;
  const text = readFileSync(path, 'utf8');
  const suites = Array.from(text.matchAll(/from '(\.\/[^']+)'/g), ([, target = '']) => join(dirname(path), target));
  return [text, ...suites.map((suite) => readFileSync(suite, 'utf8'))].some((each) => each.includes(name));
}

describe('the links of the documentation to tests', () => {
  it('name tests that are there', () => {
    const links = documentationPages().flatMap(({ path }) => linksOf(path));
    expect(links.length).toBeGreaterThan(20);
    const dead = links.filter((link) => link.name === '' || !hasTest(link));
    expect(dead.map(({ at, file, name }) => `${at}: ${file} has no test "${name}"`)).toEqual([]);
  });

  it('stand in each cell of "What survives what"', () => {
    const lines = linesOf('docs/delivery.md');
    const from = lines.indexOf('## What survives what');
    const rows = lines
      .slice(from, lines.indexOf('', from + 2))
      .filter((line) => line.startsWith('| '))
      .slice(1);
    expect(rows.length).toBeGreaterThan(7);
    const bare = rows.flatMap((row) => {
      const [event = '', ...cells] = row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      return cells
        .filter((cell) => !/^–?$/.test(cell) && cell.match(TEST_LINK) === null)
        .map((cell) => `${event}: ${cell}`);
    });
    expect(bare).toEqual([]);
  });
});
