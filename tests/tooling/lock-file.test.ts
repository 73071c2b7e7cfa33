import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from './docs-page.ts';

interface Manifest {
  readonly dependencies?: unknown;
  readonly devDependencies?: unknown;
  readonly peerDependencies?: unknown;
  readonly optionalDependencies?: unknown;
}
interface LockEntry extends Manifest {
  readonly link?: boolean;
  readonly resolved?: string;
}

// Our own files; a wrong shape fails the tests just as well.
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, LockEntry>;
};
const workspaces = Object.keys(lock.packages).filter((path) => !path.includes('node_modules'));

function dependenciesOf(manifest: Manifest | undefined): unknown {
  const { dependencies, devDependencies, peerDependencies, optionalDependencies } = manifest ?? {};
  return { dependencies, devDependencies, peerDependencies, optionalDependencies };
}

describe('package-lock.json', () => {
  it.each(workspaces)('agrees with %s/package.json; else run `npm install`', (path) => {
    const manifest = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as Manifest;
    expect(dependenciesOf(lock.packages[path])).toEqual(dependenciesOf(manifest));
  });

  it('has the optional packages of every system; else run `npm run lock`', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(root, 'scripts', 'complete-lock.mjs'),
      '--check',
    ]);
    expect(stdout.trim()).toBe('package-lock.json is complete.');
  });

  it('names no registry, so that an install asks the one that it is set up with', () => {
    const addressed = Object.entries(lock.packages).filter(
      ([, { link, resolved }]) => link !== true && resolved !== undefined,
    );
    expect(addressed.map(([path]) => path)).toEqual([]);
  });
});
