import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { root } from './docs-page.ts';

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** What a package may build on, of ours. `undefined`: it puts everything together. */
function allowed(folder: string): readonly string[] | undefined {
  if (folder === 'protocol') return [];
  if (folder === 'core' || folder === 'client') return ['@rt/protocol'];
  if (/^(?:transport|broker)-/.test(folder)) return ['@rt/core', '@rt/protocol'];
  if (folder === 'cli') return undefined;
  throw new Error(`packages/${folder}: say here what it may import`);
}

function ours(record: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  return Object.keys(record ?? {})
    .filter((name) => name.startsWith('@rt/'))
    .sort();
}

/** The packages of ours that the sources below `folder` import, types included. */
function imported(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const names = files.flatMap((file) => {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(folder, file), 'utf8'), true, true);
    return importedFiles.map(({ fileName }) => fileName.split('/').slice(0, 2).join('/'));
  });
  return [...new Set(names.filter((name) => name.startsWith('@rt/')))].sort();
}

describe.each(readdirSync(join(root, 'packages')))('packages/%s', (folder) => {
  // Our own file; a wrong shape fails the test just as well.
  const manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) as Manifest;

  it('depends on exactly the packages below it', () => {
    expect(ours(manifest.dependencies)).toEqual(allowed(folder) ?? ours(manifest.dependencies));
  });

  it('imports only the packages that it depends on', () => {
    const named = [...ours(manifest.dependencies), manifest.name];
    expect(imported(join(root, 'packages', folder, 'src')).filter((name) => !named.includes(name))).toEqual([]);
  });

  it('asks for no package of ours in another way, but for the client script that core serves where it is installed', () => {
    const peers = folder === 'core' ? ['@rt/client'] : [];
    expect(ours(manifest.peerDependencies)).toEqual(peers);
    expect(peers.filter((name) => manifest.peerDependenciesMeta?.[name]?.optional !== true)).toEqual([]);
  });
});
