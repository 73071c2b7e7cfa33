import { defineConfig } from 'tsup';
import type { Options } from 'tsup';
import { base } from '../../tsup.base.ts';

/** What `client.js` asks for, beside itself, where a WebSocket does not get through. */
const HTTP_SCRIPT = './client-http.js';

/** A file that needs nothing else, for every browser of the last three years. */
const script: Options = {
  format: ['esm'],
  target: 'es2022',
  platform: 'browser',
  noExternal: [/./],
  minify: true,
  sourcemap: true,
  dts: false,
  outExtension: () => ({ js: '.js' }),
  esbuildOptions: (options) => {
    // From source, file by file: what the client does not use of the protocol is left out.
    options.conditions = ['@rt/source'];
  },
};

export default defineConfig([
  {
    ...base,
    entry: ['src/index.ts', 'src/checks.ts'],
    clean: ['dist/index.*', 'dist/checks.*', 'dist/chunk-*', 'dist/fallback-*'],
  },
  {
    ...script,
    // A classic script, whose `import()` finds the other file by the script's own address. Built as a module without
    // exports, in a function: the format `iife` would add what `require` needs.
    entry: { client: 'src/script.ts' },
    banner: { js: '"use strict";(()=>{' },
    footer: { js: '})();' },
    clean: ['dist/client.*'],
    esbuildPlugins: [
      {
        name: 'http-script',
        setup: (builder) => {
          builder.onResolve({ filter: /\/http\/fallback\.ts$/ }, () => ({ path: HTTP_SCRIPT, external: true }));
        },
      },
    ],
  },
  { ...script, entry: { 'client-http': 'src/http/fallback.ts' }, clean: ['dist/client-http.*'] },
]);
