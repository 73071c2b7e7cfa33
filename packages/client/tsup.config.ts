import { basename } from 'node:path';
import { defineConfig } from 'tsup';
import type { Options } from 'tsup';
import { base } from '../../tsup.base.ts';
import { shortNames } from './internal-names.ts';

/** What `client.js` asks for when it needs it, by the name of the file that it is in the source. */
const LATER: Readonly<Record<string, string>> = {
  fallback: './client-http.js',
  features: './client-features.js',
};

/** A file that needs nothing else, for every browser of the last three years. */
const script: Options = {
  format: ['esm'],
  target: 'es2022',
  platform: 'browser',
  noExternal: [/./],
  minify: true,
  // The server serves no map.
  sourcemap: false,
  dts: false,
  outExtension: () => ({ js: '.js' }),
  esbuildOptions: (options) => {
    // From source, file by file: what the client does not use of the protocol is left out.
    options.conditions = ['@rt/source'];
    Object.assign(options, shortNames);
  },
};

export default defineConfig([
  {
    ...base,
    entry: ['src/index.ts', 'src/checks.ts'],
    clean: ['dist/index.*', 'dist/checks.*', 'dist/chunk-*', 'dist/fallback*', 'dist/features*'],
    esbuildOptions: (options) => {
      // One version of a package has one of each: what tells versions apart would only make the client larger.
      Object.assign(options, shortNames, { chunkNames: '[name]' });
    },
  },
  {
    ...script,
    // A classic script, whose `import()` finds the other files by the script's own address. Built as a module without
    // exports, in a function: the format `iife` would add what `require` needs.
    entry: { client: 'src/script.ts' },
    banner: { js: '"use strict";(()=>{' },
    footer: { js: '})();' },
    clean: ['dist/client.*'],
    esbuildPlugins: [
      {
        name: 'later-scripts',
        setup: (builder) => {
          builder.onResolve({ filter: /\/(fallback|features)\.ts$/ }, ({ path }) => ({
            path: LATER[basename(path, '.ts')]!,
            external: true,
          }));
        },
      },
    ],
  },
  { ...script, entry: { 'client-http': 'src/http/fallback.ts' }, clean: ['dist/client-http.*'] },
  { ...script, entry: { 'client-features': 'src/features/features.ts' }, clean: ['dist/client-features.*'] },
]);
