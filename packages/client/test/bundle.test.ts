import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

/** What a page loads, minified and compressed: while WebSockets get through, and with the other transports. */
const MAX_BYTES = 7_000;
const MAX_BYTES_OF_ALL = 12_800;

const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

interface Chunk {
  readonly inputs: readonly string[];
  readonly text: string;
  readonly bytes: number;
}

/** What a bundler makes of the client: first what is loaded at once, then what is loaded when it is needed. */
async function bundle(entry: string): Promise<readonly Chunk[]> {
  const { metafile, outputFiles } = await build({
    entryPoints: [source(entry)],
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    outdir: 'out',
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['@rt/source'],
    absWorkingDir: fileURLToPath(new URL('../../..', import.meta.url)),
  });
  return Object.values(metafile.outputs).map(({ inputs }, index) => {
    const { text } = outputFiles[index]!;
    return { inputs: Object.keys(inputs), text, bytes: gzipSync(text, { level: 9 }).length };
  });
}

it('is made of the client and the protocol only, where WebSockets get through', async () => {
  const [first] = await bundle('index.ts');
  expect(first!.inputs.length).toBeGreaterThan(10);
  expect(first!.inputs.filter((input) => !/^packages\/(client|protocol)\/src\//.test(input))).toEqual([]);
});

it('loads the other transports, and what they need, when they are needed', async () => {
  const [first, later, ...more] = await bundle('index.ts');
  expect(more).toEqual([]);
  expect(first!.inputs.filter((input) => input.includes('/http/'))).toEqual([]);
  expect(later!.inputs.filter((input) => !input.startsWith('packages/client/src/http/'))).toEqual(
    expect.arrayContaining([expect.stringMatching(/^node_modules\/eventsource\//)]),
  );
  // One error class and one protocol in a page, not two.
  expect(later!.inputs.filter((input) => input.startsWith('packages/protocol/'))).toEqual([]);
});

it.each(['index.ts', 'script.ts'])('is at most as large as promised, minified and compressed: %s', async (entry) => {
  const [first, later] = await bundle(entry);
  expect(first!.bytes).toBeLessThanOrEqual(MAX_BYTES);
  expect(first!.bytes + later!.bytes).toBeLessThanOrEqual(MAX_BYTES_OF_ALL);
});

it('puts the client into a global from a script tag', async () => {
  const [first] = await bundle('script.ts');
  const page = createContext();
  runInContext(`(() => {${first!.text}})()`, page);
  expect(runInContext('Object.keys(rt)', page)).toEqual(['RealtimeClient', 'RealtimeError']);
});
