import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { shortNames } from '../internal-names.ts';

/** What a page loads, minified and compressed: while WebSockets get through, and with the other transports. */
const MAX_BYTES = 6_000;
const MAX_BYTES_OF_ALL = 12_000;

const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

interface Chunk {
  readonly entryPoint: string | undefined;
  readonly inputs: readonly string[];
  readonly text: string;
  readonly bytes: number;
}

interface Bundle {
  /** What is loaded at once. */
  readonly first: Chunk;
  /** The other transports. */
  readonly http: Chunk;
  /** What not every page uses. */
  readonly features: Chunk;
  readonly count: number;
}

/** What a bundler makes of the client. */
async function bundle(entry: string): Promise<Bundle> {
  const { metafile, outputFiles } = await build({
    entryPoints: [source(entry)],
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    outdir: 'out',
    chunkNames: '[name]',
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['@rt/source'],
    ...shortNames,
    absWorkingDir: fileURLToPath(new URL('../../..', import.meta.url)),
  });
  const chunks = Object.values(metafile.outputs).map(({ entryPoint, inputs }, index): Chunk => {
    const { text } = outputFiles[index]!;
    return { entryPoint, inputs: Object.keys(inputs), text, bytes: gzipSync(text, { level: 9 }).length };
  });
  const of = (name: string): Chunk => chunks.find(({ entryPoint }) => entryPoint?.endsWith(`/src/${name}`))!;
  return {
    first: of(entry),
    http: of('http/fallback.ts'),
    features: of('features/features.ts'),
    count: chunks.length,
  };
}

it('is made of the client and the protocol only, where WebSockets get through', async () => {
  const { first } = await bundle('index.ts');
  expect(first.inputs.length).toBeGreaterThan(10);
  expect(first.inputs.filter((input) => !/^packages\/(client|protocol)\/src\//.test(input))).toEqual([]);
});

it('loads the other transports, and what they need, when they are needed', async () => {
  const { first, http, count } = await bundle('index.ts');
  // No further one, of what two of them share.
  expect(count).toBe(3);
  expect(first.inputs.filter((input) => input.includes('/http/'))).toEqual([]);
  expect(http.inputs.filter((input) => !input.startsWith('packages/client/src/http/'))).toEqual(
    expect.arrayContaining([expect.stringMatching(/^node_modules\/eventsource\//)]),
  );
  // One error class and one protocol in a page, not two.
  expect(http.inputs.filter((input) => input.startsWith('packages/protocol/'))).toEqual([]);
});

it('loads what not every page uses when it is used, and nothing twice', async () => {
  const { first, features } = await bundle('index.ts');
  expect(first.inputs.filter((input) => input.includes('/features/'))).toEqual([]);
  expect(features.inputs.filter((input) => !input.startsWith('packages/client/src/features/'))).toEqual([]);
});

it.each(['index.ts', 'script.ts'])('is at most as large as promised, minified and compressed: %s', async (entry) => {
  const { first, http } = await bundle(entry);
  expect(first.bytes).toBeLessThanOrEqual(MAX_BYTES);
  expect(first.bytes + http.bytes).toBeLessThanOrEqual(MAX_BYTES_OF_ALL);
});

it('puts the client into a global from a script tag', async () => {
  const { first } = await bundle('script.ts');
  const page = createContext();
  runInContext(`(() => {${first.text}})()`, page);
  expect(runInContext('Object.keys(rt)', page)).toEqual(['RealtimeClient', 'RealtimeError']);
});
