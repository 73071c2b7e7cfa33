import type { Transport } from '@rt/core';
import { testTransport } from '@rt/core/conformance';
import type { ForeignClient } from '@rt/core/conformance';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
let lines: () => Transport;
let connectWithLines: (baseUrl: string) => Promise<ForeignClient>;

beforeAll(async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/write-a-transport.md'), 'utf8');
  folder = await mkdtemp(join(import.meta.dirname, 'page-'));
  const load = async (name: string): Promise<Record<string, unknown>> => {
    const code = new RegExp(`\`\`\`ts file=${name}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1];
    if (code === undefined) throw new Error(`docs/write-a-transport.md has no ${name}`);
    const file = join(folder, name);
    await writeFile(file, code);
    return import(pathToFileURL(file).href) as Promise<Record<string, unknown>>;
  };
  lines = (await load('lines.ts'))['lines'] as typeof lines;
  connectWithLines = (await load('lines-client.ts'))['connectWithLines'] as typeof connectWithLines;
});

afterAll(() => rm(folder, { recursive: true }));

testTransport({ describe, it, expect }, 'of docs/write-a-transport.md', {
  transport: () => lines(),
  connect: (baseUrl) => connectWithLines(baseUrl),
});
