import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './docs-page.ts';

it('every command is a file of the repository: npm links none that a build has yet to make, so a fresh clone would be without it', () => {
  const commands = readdirSync(join(root, 'packages')).flatMap((folder) => {
    // Our own file; a wrong shape fails the test just as well.
    const { bin } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) as {
      bin?: Readonly<Record<string, string>>;
    };
    return Object.values(bin ?? {}).map((file) => join('packages', folder, file));
  });
  expect(commands).not.toEqual([]);
  expect(commands.filter((file) => /[\\/]dist[\\/]/.test(file) || !existsSync(join(root, file)))).toEqual([]);
});
