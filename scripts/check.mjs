import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, npm, step } from './child.mjs';
import { checkInstall } from './checks/install-check.mjs';
import { pack, publicPackages } from './checks/public-packages.mjs';
import { root } from './root.mjs';
import { setup } from './setup.mjs';

// npm run check [-- lint types …]: every check but the tests, or the named ones, in this order; the first that fails ends the run.
const named = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'rt-check-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const packages = publicPackages();
let packed;

const script = (name) => () => {
  const [command, args] = npm('run', '--silent', name);
  return capture(command, args, { cwd: root, env: prepared.env });
};
const tool = (name, ...args) =>
  capture(join(root, 'node_modules', '.bin', name), args, { cwd: root, env: prepared.env });

const checks = {
  lint: script('lint'),
  format: script('format:check'),
  types: script('typecheck'),
  unused: script('unused'),
  publint: () => eachTarball(({ tarball }) => tool('publint', 'run', tarball, '--strict')),
  attw: () =>
    eachTarball(({ tarball, files }) => {
      const excluded = files.length > 0 ? ['--exclude-entrypoints', ...files] : [];
      return tool('attw', tarball, '--profile', 'esm-only', '--no-definitely-typed', '--no-emoji', ...excluded);
    }),
  size: script('size'),
  install: () => onTarballs((tarballs) => checkInstall(tarballs, join(folder, 'project'), prepared)),
};

const unknown = named.filter((name) => checks[name] === undefined);
if (unknown.length > 0) {
  console.error(`There is no check ${unknown.join(', ')}. There are: ${Object.keys(checks).join(', ')}.`);
  process.exit(2);
}

const prepared = await setup();
for (const [name, check] of Object.entries(checks)) {
  if (named.length > 0 && !named.includes(name)) continue;
  const startedAt = Date.now();
  await step(`check ${name}`, async () => ({ ...(await check()), ms: Date.now() - startedAt }));
}

async function onTarballs(use) {
  packed ??= await pack(packages, folder, prepared.env);
  return packed.ok ? use(packed.tarballs) : packed;
}

function eachTarball(use) {
  return onTarballs(async (tarballs) => {
    const results = await Promise.all(tarballs.map(use));
    const failed = results.flatMap((result, index) => (result.ok ? [] : [`${tarballs[index].name}\n${result.output}`]));
    return { ok: failed.length === 0, output: failed.join('\n') };
  });
}
