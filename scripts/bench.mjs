import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { foreground } from './child.mjs';
import { root } from './root.mjs';
import { setup } from './setup.mjs';

// npm run bench -- <name> [arguments]: sets up and runs bench/<name>/run.ts.
const names = readdirSync(join(root, 'bench')).filter((name) => existsSync(join(root, 'bench', name, 'run.ts')));
const [name, ...args] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  const problem = name === undefined ? 'Which bench?' : `There is no bench "${name}".`;
  console.error([problem, ...names.map((each) => `  npm run bench -- ${each}`)].join('\n'));
  process.exit(2);
}
const { node, env } = await setup();
// Heap figures mean nothing without a collection before each reading.
process.exitCode = await foreground(node, ['--expose-gc', `bench/${name}/run.ts`, ...args], { cwd: root, env });
