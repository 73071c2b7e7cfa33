#!/usr/bin/env node
import { codeOf } from './command-error.ts';
import { run } from './program.ts';

// Whoever read the log has gone: a server goes on without, and there is nowhere left to say it.
process.stderr.on('error', (error) => {
  if (codeOf(error) !== 'EPIPE') throw error;
});
const exitCode = await run(process.argv.slice(2));
// What a config left running must not keep the process; what was written must get out first.
process.stdout.write('', () => process.exit(exitCode));
