import type { Options } from 'tsup';

/** How declarations are made: from what other packages built, not from their source. */
export const dts = { compilerOptions: { customConditions: [], rootDir: undefined } };

/**
 * What every package's build shares: ESM only, declarations beside the code, one bundle an entry. What a package names as
 * a dependency stays an import, in the code and in the declarations: `@rt/source` is off, so other packages are seen as built.
 */
export const base: Options = {
  entry: ['src/index.ts'],
  format: ['esm'],
  target: 'es2023',
  dts,
  clean: true,
  sourcemap: true,
  splitting: true,
  treeshake: true,
};
