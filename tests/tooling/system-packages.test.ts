import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { root } from './docs-page.ts';

const SCRIPT = JSON.stringify(join(root, 'scripts', 'system-packages.mjs'));

interface SystemPackage {
  readonly name: string;
  readonly commands: readonly string[];
  readonly variable: string;
  readonly apt: string;
}

/** What the script looks for. */
const systemPackages = JSON.parse(
  execFileSync(process.execPath, [
    '--input-type=module',
    '-e',
    `console.log(JSON.stringify((await import(${SCRIPT})).systemPackages))`,
  ]).toString(),
) as readonly SystemPackage[];

/** The only folder on the PATH: what is in it is what the system has. */
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rt-packages-'));
  // With it the script runs what it would run as root.
  await program('sudo', 'shift; exec "$@"');
  await program('true', 'exit 0');
});
afterEach(() => rm(folder, { recursive: true }));

async function program(name: string, script = ''): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

/** Runs the script as `npm test` does. Resolves with what it found, or with its exit code and what it wrote. */
async function findSystemPackages(env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const script = `
    const { findSystemPackages } = await import(${SCRIPT});
    console.log('\\n' + JSON.stringify(await findSystemPackages()));
  `;
  try {
    const options = { env: { PATH: folder, ...env } };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], options);
    return JSON.parse(stdout.trim().split('\n').at(-1)!);
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, written: stdout + stderr };
  }
}

/** Makes a program for each of the packages, but for the named one. Resolves with their paths by variable. */
async function programs(options: { but?: string } = {}): Promise<Readonly<Record<string, string>>> {
  const made = systemPackages
    .filter(({ name }) => name !== options.but)
    .map(async ({ variable, commands }) => [variable, await program(commands.at(-1)!)] as const);
  return Object.fromEntries(await Promise.all(made));
}

it('names what is there, and installs nothing', async () => {
  await program('env', 'exit 1');
  const expected = await programs();
  expect(await findSystemPackages()).toEqual(expected);
});

it('takes another program where its variable names one', async () => {
  await programs({ but: 'Redis' });
  const other = await program('redis-of-mine');
  expect(await findSystemPackages({ REDIS_SERVER_PATH: other })).toMatchObject({ REDIS_SERVER_PATH: other });
});

it('fails where a variable names no program', async () => {
  await programs();
  expect(await findSystemPackages({ REDIS_SERVER_PATH: '/no/such/redis' })).toMatchObject({
    code: 1,
    written: expect.stringContaining('REDIS_SERVER_PATH=/no/such/redis: there is no program'),
  });
});

it.runIf(existsSync('/usr/bin/apt-get'))('installs what is missing, and only that', async () => {
  await programs({ but: 'Redis' });
  const [redis, calls] = [join(folder, 'redis-server'), join(folder, 'calls')];
  const install = `printf '#!/bin/sh' > ${redis}; /bin/chmod 755 ${redis}`;
  await program('env', `echo "$@" >> ${calls}; case "$*" in *" install "*) ${install};; esac`);
  expect(await findSystemPackages()).toMatchObject({ REDIS_SERVER_PATH: redis });
  expect((await readFile(calls, 'utf8')).trim().split('\n')).toEqual([
    expect.stringMatching(/ update$/),
    expect.stringMatching(/ install -y --no-install-recommends redis-server$/),
  ]);
});

it('fails, and says what to install, where installing fails', async () => {
  await programs({ but: 'Redis' });
  await program('env', 'echo "no network" >&2; exit 100');
  expect(await findSystemPackages()).toMatchObject({
    code: 1,
    written: expect.stringMatching(
      /sudo apt-get install --no-install-recommends redis-server\n.*redis-server is on the PATH, or REDIS_SERVER_PATH=/,
    ),
  });
});

it('fails, and says what to install, where the install brings no program', async () => {
  await program('env');
  expect(await findSystemPackages()).toMatchObject({
    code: 1,
    written: expect.stringContaining(
      `sudo apt-get install --no-install-recommends ${systemPackages.map(({ apt }) => apt).join(' ')}\n`,
    ),
  });
});
