import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';

export default defineConfig([
  { ...base, clean: ['dist/index.*'] },
  {
    // The script-tag build: one file that needs nothing else, for every browser of the last three years.
    entry: { client: 'src/script.ts' },
    format: ['iife'],
    target: 'es2022',
    platform: 'browser',
    noExternal: ['@rt/protocol'],
    esbuildOptions: (options) => {
      // From source, file by file: what the client does not use of the protocol is left out.
      options.conditions = ['@rt/source'];
    },
    minify: true,
    sourcemap: true,
    dts: false,
    clean: ['dist/client.*'],
    outExtension: () => ({ js: '.js' }),
  },
]);
