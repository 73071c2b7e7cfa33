import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';
import { readPage } from '../tooling/docs-page.ts';
import { unpackPage } from '../tooling/unpack-page.ts';

const folder = await unpackPage(readPage('docs/write-a-transport.md'));
afterAll(() => rm(folder, { recursive: true }));
// It calls `testTransport` with the transport and the client of the page.
await import(pathToFileURL(join(folder, 'lines-suite.ts')).href);
