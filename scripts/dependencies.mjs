import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, npm, step } from './child.mjs';
import { root } from './root.mjs';

/** Installs what package-lock.json names, unless node_modules holds exactly that already. */
export async function installDependencies() {
  if (installed()) return;
  // Errors only: on an older Node npm warns about `engines` for every package, and the newer Node comes with this very install.
  const [command, args] = npm('ci', '--no-audit', '--no-fund', '--loglevel=error');
  await step('Installing packages (npm ci)', () => capture(command, args, { cwd: root }));
}

/**
 * npm keeps a second lock file inside node_modules with what it really put there, written when it is done: so an
 * interrupted install, an older one, and one made by hand are all told apart from a whole one.
 */
function installed() {
  const wanted = packagesOf('package-lock.json');
  const present = packagesOf('node_modules/.package-lock.json');
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const there = present[path];
    // Packages for other systems are left out, by npm's own choice.
    if (there === undefined) return entry.optional === true || entry.devOptional === true;
    return there.version === entry.version && there.integrity === entry.integrity;
  });
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(join(root, lockFile), 'utf8')).packages;
  } catch {
    return undefined;
  }
}
