import type { Options } from 'tsup';

/** What every package's build shares: ESM only, declarations beside the code, one bundle an entry. */
export const base: Options = {
  entry: ['src/index.ts'],
  format: ['esm'],
  target: 'es2023',
  dts: { compilerOptions: { customConditions: [], rootDir: undefined } },
  clean: true,
  sourcemap: true,
  splitting: true,
  treeshake: true,
};
