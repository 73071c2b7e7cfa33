import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('a client that does not ask for checks has no schema library, no matcher and nothing else that checks', async () => {
  const { metafile } = await build({
    stdin: {
      contents: "export { RealtimeClient } from '@rt/client';",
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    splitting: true,
    outdir: 'nowhere',
    platform: 'browser',
    conditions: ['@rt/source'],
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) =>
    Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  expect(inputs.length).toBeGreaterThan(10);
  expect(
    inputs.filter((path) => /zod|valibot|arktype|checked|pattern|invalid-data|standard-schema/.test(path)),
  ).toEqual([]);
});
