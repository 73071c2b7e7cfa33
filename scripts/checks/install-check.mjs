import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, npm } from '../child.mjs';
import { root } from '../root.mjs';

/**
 * Installs the packed packages into an empty project and uses them as someone who just did that: imports every entry at
 * run time, type-checks the imports under both module resolutions in use today, and runs the `rt` command.
 */
export async function checkInstall(packed, folder, { node, env }) {
  mkdirSync(folder);
  writeProject(packed, folder);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const [install, installArgs] = npm('install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error');
  const typeCheck = async (config) => {
    const { output } = await capture(node, [tsc, '-p', config], { cwd: folder, env });
    const ours = withoutForeignErrors(output);
    return { ok: ours === '', output: ours };
  };
  const uses = [
    () => capture(install, installArgs, { cwd: folder, env }),
    () => foreignSources(folder),
    () => capture(node, ['run-time.mjs'], { cwd: folder, env }),
    () => typeCheck('nodenext.json'),
    () => typeCheck('bundler.json'),
  ];
  if (packed.some((each) => each.manifest.bin?.rt !== undefined)) {
    const [npx, npxArgs] = npm('exec', '--no', '--', 'rt', '--help');
    uses.push(() => capture(npx, npxArgs, { cwd: folder, env }));
  }
  for (const use of uses) {
    const result = await use();
    if (!result.ok) return result;
  }
  return { ok: true, output: '' };
}

function writeProject(packed, folder) {
  const write = (name, content) => {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  };
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  write('package.json', {
    name: 'empty-project',
    version: '0.0.0',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(packed.map((each) => [each.name, `file:${each.tarball}`])),
    devDependencies: { '@types/node': devDependencies['@types/node'] },
  });

  const specifiers = packed.flatMap((each) => each.modules.map((entry) => specifier(each.name, entry)));
  const files = packed.flatMap((each) => each.files.map((entry) => specifier(each.name, entry)));
  const imports = specifiers.map((each, index) => `import * as entry${index} from '${each}';`);
  const all = specifiers.map((_, index) => `entry${index}`).join(', ');
  write('types.ts', [...imports, `export const all: readonly object[] = [${all}];`, ''].join('\n'));
  write(
    'run-time.mjs',
    [
      `import { existsSync } from 'node:fs';`,
      `import { fileURLToPath } from 'node:url';`,
      `for (const name of ${JSON.stringify(specifiers)}) {`,
      `  if (Object.keys(await import(name)).length === 0) throw new Error(name + ' exports nothing');`,
      `}`,
      `for (const name of ${JSON.stringify(files)}) {`,
      `  if (!existsSync(fileURLToPath(import.meta.resolve(name)))) throw new Error(name + ' is not in the package');`,
      `}`,
      // A package that starts something when it is merely imported would keep this from ending.
      `setTimeout(() => { console.error('an import keeps the process alive'); process.exit(1); }, 5000).unref();`,
      '',
    ].join('\n'),
  );

  const shared = {
    target: 'ES2023',
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    // The packages' own declarations are what is checked here.
    skipLibCheck: false,
    noEmit: true,
  };
  const nodenext = { module: 'NodeNext', moduleResolution: 'NodeNext' };
  const bundler = { module: 'ESNext', moduleResolution: 'Bundler' };
  write('nodenext.json', { compilerOptions: { ...shared, ...nodenext }, files: ['types.ts'] });
  write('bundler.json', { compilerOptions: { ...shared, ...bundler }, files: ['types.ts'] });
}

/**
 * What TypeScript says, but for errors within the declarations of other packages: some are not written for every strict option,
 * and whoever uses them has `skipLibCheck` on.
 */
function withoutForeignErrors(output) {
  // Lines that belong to an error begin with a space.
  const errors = output.split(/\n(?! )/).filter((error) => error.trim() !== '');
  return errors.filter((error) => !/^node_modules\/(?!@rt\/)/.test(error)).join('\n');
}

/** Refuses a package of ours that came from a registry instead of its tarball: then something else was tested. */
function foreignSources(folder) {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  const foreign = Object.entries(packages)
    .filter(
      ([path, entry]) => /(^|\/)node_modules\/@rt\/[^/]+$/.test(path) && !String(entry.resolved).startsWith('file:'),
    )
    .map(([path]) => path);
  return { ok: foreign.length === 0, output: `not installed from a tarball: ${foreign.join(', ')}` };
}

/** `.` of `@rt/core` is `@rt/core`, `./conformance` is `@rt/core/conformance`. */
function specifier(name, entry) {
  return name + entry.slice(1);
}
