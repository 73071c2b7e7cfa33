import { spawn } from 'node:child_process';
import { basename } from 'node:path';

/** A terminal's Ctrl-C reaches this process once from the terminal and once more from npm: within this time it is one. */
const SAME_SIGNAL_MS = 500;

/** Runs a command to its end without showing it. Resolves, never rejects: `ok`, what it wrote, and how long it took. */
export function capture(command, args, { cwd, env = process.env } = {}) {
  const startedAt = Date.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    const end = (code, more) => resolve({ ok: code === 0, stdout, output: output + more, ms: Date.now() - startedAt });
    child.on('error', (error) => end(1, `${command}: ${error.message}\n`));
    child.on('close', (code, signal) => end(code, signal === null ? '' : `${command}: ended by ${signal}\n`));
  });
}

/**
 * Runs a command on this terminal and resolves with its exit code. SIGINT and SIGTERM are passed on, a closed terminal as SIGTERM.
 * `ownGroup`: a signal to this process's group does not reach the child by itself, so it gets each one exactly once.
 */
export function foreground(command, args, { cwd, env = process.env, ownGroup = false } = {}) {
  return new Promise((resolve) => {
    const detached = ownGroup && process.platform !== 'win32';
    const child = spawn(command, args, { cwd, env, stdio: 'inherit', detached });
    let lastAt = Number.NEGATIVE_INFINITY;
    const pass = (signal) => {
      if (Date.now() - lastAt < SAME_SIGNAL_MS) return;
      lastAt = Date.now();
      child.kill(signal);
    };
    process.on('SIGINT', () => pass('SIGINT'));
    process.on('SIGTERM', () => pass('SIGTERM'));
    process.on('SIGHUP', () => pass('SIGTERM'));
    process.on('exit', () => child.kill('SIGKILL'));
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code, signal) => {
      if (signal !== null) console.error(`${basename(command)} was ended by ${signal}.`);
      resolve(code ?? 1);
    });
  });
}

/** Command and arguments that run npm: the very npm that runs this script, where one does. */
export function npm(...args) {
  const running = process.env.npm_execpath;
  if (running !== undefined && basename(running) === 'npm-cli.js') return [process.execPath, [running, ...args]];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', args];
}

/** Shows one line for `work`: its title at once, its time when it is done. On failure prints what it wrote and ends this process. */
export async function step(title, work) {
  process.stdout.write(`${title} … `);
  const result = await work();
  console.log(result.ok ? `${(result.ms / 1000).toFixed(1)} s` : `failed after ${(result.ms / 1000).toFixed(1)} s`);
  if (result.ok) return result;
  console.error(result.output.trimEnd());
  process.exit(1);
}
