import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * A shell of its own that reads `add <pid> <folder>` and `remove <pid>`. When this process ends, in whatever way, the shell's input
 * ends too: it kills what is left and removes the folders. An exit handler would not run after a signal.
 */
const SCRIPT = `
kept=""
while read -r word pid folder; do
  rest=""
  for each in $kept; do [ "\${each%%:*}" = "$pid" ] || rest="$rest $each"; done
  kept="$rest"
  [ "$word" = add ] && kept="$kept $pid:$folder"
done
for each in $kept; do kill -9 "\${each%%:*}"; done
for each in $kept; do rm -rf "\${each#*:}"; done
`;

let shell: ChildProcessByStdio<Writable, null, null> | undefined;

/** From now on the process `pid` is killed, and `folder` removed, when this process ends. `folder`: a path without white space. */
export function watch(pid: number, folder: string): void {
  tell(`add ${pid} ${folder}`);
}

/** The process ended: its number may soon be another one's. */
export function unwatch(pid: number): void {
  tell(`remove ${pid}`);
}

function tell(line: string): void {
  shell ??= start();
  shell.stdin.write(`${line}\n`);
}

function start(): ChildProcessByStdio<Writable, null, null> {
  // A group of its own, so that Ctrl-C does not end it before its work.
  const started = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  started.unref();
  // The pipe alone must not keep this process alive.
  (started.stdin as Writable & { unref(): void }).unref();
  return started;
}
