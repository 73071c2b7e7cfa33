import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

// npm run lock [-- --check]: after an `npm install` that changed package-lock.json. npm leaves out of it the optional packages for other
// systems that the registry it asked does not carry, and then `npm ci` refuses the file as out of sync. What such a package is
// follows from its dependent, which pins its version, and its name, which says its system: enough for an entry. Without an
// `integrity`, npm adds one when it installs the package.
const file = join(root, 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = [];
for (const [dependent, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(dependent, name)) continue;
    const system = systemOf(name);
    if (!/^\d+\.\d+\.\d+/.test(version) || system === undefined) {
      console.error(
        `${dependent} wants ${name}@${version}, which package-lock.json does not have and the name does not explain.`,
      );
      process.exit(1);
    }
    const path = lock.packages[`node_modules/${name}`] === undefined ? '' : `${dependent}/`;
    const dev = entry.dev === true ? { dev: true } : {};
    lock.packages[`${path}node_modules/${name}`] = {
      version,
      cpu: system.cpu,
      ...dev,
      ...system.libc,
      optional: true,
      os: system.os,
    };
    added.push(name);
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries(sorted);
const checking = process.argv.includes('--check');
if (added.length > 0 && !checking) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
const verb = checking ? 'Missing from' : 'Added to';
console.log(
  added.length === 0 ? 'package-lock.json is complete.' : `${verb} package-lock.json:\n  ${added.join('\n  ')}`,
);
process.exitCode = checking && added.length > 0 ? 1 : 0;

/** Whether `dependent` finds `name` as Node looks for it: in its own node_modules or one further out. */
function isLocked(dependent, name) {
  const parts = dependent.split('/node_modules/');
  const folders = parts.map((_, index) => parts.slice(0, index + 1).join('/node_modules/'));
  return ['', ...folders].some(
    (folder) => lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined,
  );
}

/** `@oxlint/binding-linux-x64-musl` is for Linux on x64 with musl. */
function systemOf(name) {
  const found =
    /(android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32|windows)-(arm64|arm|ia32|loong64|ppc64|riscv64|s390x|x64|64)(-.*)?$/.exec(
      name,
    );
  if (found === null) return undefined;
  const [, os, cpu, abi] = found;
  const libc = { '-gnu': ['glibc'], '-musl': ['musl'] }[os === 'linux' ? abi : ''];
  return {
    os: [os === 'windows' ? 'win32' : os],
    cpu: [cpu === '64' ? 'x64' : cpu],
    libc: libc === undefined ? {} : { libc },
  };
}
