import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, npm } from '../child.mjs';
import { root } from '../root.mjs';

/**
 * Every package that is published: its name, folder and manifest, the entries that are modules with types, and those that
 * are plain files (a script for a `<script>` tag has no types and is not imported).
 */
export function publicPackages() {
  return readdirSync(join(root, 'packages')).flatMap((name) => {
    const folder = join(root, 'packages', name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (manifest.private === true) return [];
    const entries = Object.entries(manifest.exports);
    const modules = entries.filter(([, target]) => target.types !== undefined).map(([entry]) => entry);
    const files = entries.filter(([, target]) => target.types === undefined).map(([entry]) => entry);
    return [{ name: manifest.name, folder, manifest, modules, files }];
  });
}

/** Packs each package into `folder` as `npm publish` would. Resolves with the packages and their tarballs, or what npm said. */
export async function pack(packages, folder, env) {
  const tarballs = [];
  let output = '';
  for (const each of packages) {
    const [command, args] = npm('pack', '--json', '--loglevel=error', '--ignore-scripts', '--pack-destination', folder);
    const packed = await capture(command, args, { cwd: each.folder, env });
    if (!packed.ok) return { ok: false, output: `${each.name}\n${packed.output}`, tarballs };
    const [{ filename }] = listOf(JSON.parse(packed.stdout));
    tarballs.push({ ...each, tarball: join(folder, filename) });
    output += packed.output;
  }
  return { ok: true, output, tarballs };
}

/** npm up to 11 answers a list; a later one an object by package name. */
function listOf(answer) {
  return Array.isArray(answer) ? answer : Object.values(answer);
}
