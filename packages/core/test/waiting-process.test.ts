import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const file = fileURLToPath(new URL('waiting-process.ts', import.meta.url));

// With nothing else to do, a process whose timers all let it end would be gone, without a word, before the answer.
it.each([
  ['publish', 'DEADLINE'],
  ['append', 'DEADLINE'],
  ['hold', 'BROKER_DOWN'],
  ['ask', 'UNKNOWN_CONNECTION'],
])('a process hears what became of what it waits for: %s', async (what, code) => {
  const { stdout, stderr } = await run(process.execPath, ['--conditions=@rt/source', file, what]);
  expect([stdout, stderr]).toEqual([`${code}\n`, '']);
});
