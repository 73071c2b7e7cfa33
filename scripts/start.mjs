import { foreground } from './child.mjs';
import { root } from './root.mjs';
import { setup } from './setup.mjs';

// npm start [-- --port 7001 …]: sets up and runs the quickstart, ends with its exit code.
// package.json says `exec node …`: a shell left in between would keep npm's signals from getting here, and turn the end by Ctrl-C
// into a failure. (Where there is no POSIX shell: node scripts/start.mjs.)
const { node, env } = await setup();
const args = ['examples/quickstart/server.ts', ...process.argv.slice(2)];
process.exitCode = await foreground(node, args, { cwd: root, env, ownGroup: true });
