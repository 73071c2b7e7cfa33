import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { failure } from './command-error.ts';

/**
 * Runs this same command under `node --watch`, without its own `--watch`, until a signal ends it: Node knows what the
 * config imports. A restart does not wait for clients unless `--drain-ms` says so; they come back by themselves.
 */
export async function watch(drainMs: number | undefined): Promise<void> {
  const [, script = '', ...args] = process.argv;
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv,
      '--watch',
      '--watch-preserve-output',
      script,
      ...args.filter((arg) => arg !== '--watch'),
      ...(drainMs === undefined ? ['--drain-ms=0'] : []),
    ],
    { stdio: 'inherit' },
  );
  const pass = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  process.on('SIGINT', pass);
  process.on('SIGTERM', pass);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw failure(`the watched server ended with ${code === null ? 'a signal' : `exit code ${code}`}`);
}
