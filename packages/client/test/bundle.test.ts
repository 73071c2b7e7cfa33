import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

async function bundle(entry: string, format: 'esm' | 'iife'): Promise<{ inputs: string[]; text: string }> {
  const { metafile, outputFiles } = await build({
    entryPoints: [source(entry)],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format,
    target: 'es2022',
    platform: 'browser',
    conditions: ['@rt/source'],
    absWorkingDir: fileURLToPath(new URL('../../..', import.meta.url)),
  });
  return { inputs: Object.keys(metafile.inputs), text: outputFiles[0]?.text ?? '' };
}

it('is made of the client and the protocol only', async () => {
  const { inputs } = await bundle('index.ts', 'esm');
  expect(inputs.length).toBeGreaterThan(10);
  expect(inputs.filter((input) => !/^packages\/(client|protocol)\/src\//.test(input))).toEqual([]);
});

it.each([
  ['index.ts', 'esm'],
  ['script.ts', 'iife'],
] as const)('is at most 6,000 bytes, minified and compressed: %s', async (entry, format) => {
  const { text } = await bundle(entry, format);
  expect(gzipSync(text, { level: 9 }).length).toBeLessThanOrEqual(6_000);
});

it('puts the client into a global from a script tag', async () => {
  const { text } = await bundle('script.ts', 'iife');
  const page = createContext();
  runInContext(text, page);
  expect(runInContext('Object.keys(rt)', page)).toEqual(['RealtimeClient', 'RealtimeError']);
});
