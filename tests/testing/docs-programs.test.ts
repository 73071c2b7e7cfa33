import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CACHE, endAll, serveRt } from '../cli/rt-process.ts';
import { startNats } from '../servers/nats.ts';
import { freePort } from '../servers/ports.ts';
import { startRabbitmq } from '../servers/rabbitmq.ts';
import { startRedis } from '../servers/redis.ts';
import { documentationPages, root } from '../tooling/docs-page.ts';
import type { CodeBlock } from '../tooling/docs-page.ts';
import { fileNameOf, unpackPage } from '../tooling/unpack-page.ts';

/** Named blocks (`file=`) that other tests run, where what they do is compared with what the page says. */
const RUN_ELSEWHERE: readonly (readonly [page: string, files: readonly string[], test: string])[] = [
  ['docs/guide/first-channel.md', ['server.ts', 'page.ts'], 'tests/testing/guide-programs.test.ts'],
  ['docs/guide/handlers.md', ['server.ts', 'program.ts'], 'tests/testing/guide-programs.test.ts'],
  ['docs/guide/methods.md', ['server.ts', 'program.ts'], 'tests/testing/guide-programs.test.ts'],
  ['docs/guide/typed-application.md', ['contract.ts', 'server.ts', 'page.ts'], 'tests/testing/guide-programs.test.ts'],
  ['docs/protocol.md', ['tiny-client.js'], 'tests/protocol/tiny-client.test.ts'],
  [
    'docs/testing.md',
    ['chat.ts', 'chat.vitest.ts', 'chat.node.ts', 'patience.node.ts', 'faults.node.ts'],
    'tests/testing/docs.test.ts',
  ],
  ['docs/transports/memory.md', ['job.ts', 'chat.test.ts'], 'tests/transports/memory.test.ts'],
  ['docs/transports/sse.md', ['server.ts', 'reader.js'], 'tests/transports/sse.test.ts'],
  ['docs/write-a-broker.md', ['relay.ts', 'relay-broker.ts', 'relay-suite.ts'], 'tests/cluster/write-a-broker.test.ts'],
  [
    'docs/write-a-transport.md',
    ['lines.ts', 'lines-client.ts', 'lines-suite.ts'],
    'tests/transports/write-a-transport.test.ts',
  ],
];

/** Blocks that are compiled and never run: page, a text that only this block has, and why. Every other block is run. */
const COMPILED_ONLY: readonly (readonly [page: string, text: string, why: string])[] = [
  ['docs/guide/typed-application.md', '// @ts-expect-error', 'each of its lines is a mistake'],
];

/** Blocks that run in one process, in this order. */
interface Part {
  readonly page: string;
  readonly blocks: readonly CodeBlock[];
}

const pages = documentationPages().filter(({ path }) => path === 'README.md' || path.startsWith('docs/'));
const programs = pages
  .flatMap(({ blocks }) => blocks)
  .filter(({ language, words }) => (language === 'ts' || language === 'js') && !words.includes('fragment'));
const toRun = programs.filter((block) => !isRunElsewhere(block) && !isCompiledOnly(block));
const configs = toRun.filter((block) => isConfig(block));

/** By name. They start while the first blocks run; a RabbitMQ takes some seconds. */
let brokers: Readonly<Record<string, Promise<{ readonly url: string; stop(): Promise<void> }>>> = {};

beforeAll(() => {
  brokers = { redis: startRedis(), nats: startNats(), rabbitmq: startRabbitmq() };
});

afterEach(endAll);
afterAll(() => Promise.all(Object.values(brokers).map(async (broker) => (await broker).stop())));

describe('the programs of the documentation', () => {
  it.each(partsOf(toRun).map((part) => [titleOf(part), part] as const))('%s: run', async (_title, { page, blocks }) => {
    const port = await freePort();
    const folder = await unpack(page, port);
    const files = blocks.map((block) => join(folder, fileNameOf(block)));
    const env = await environmentOf(blocks);
    expect(await run([String(port), ...files], { ...env, PORT: String(port) })).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^all of it ran$/m) as unknown,
      stderr: '',
    });
  });

  it.each(configs.map((block) => [`${block.page}:${block.line}`, block] as const))(
    '%s: rt serves with it',
    async (_title, block) => {
      const folder = await unpack(block.page, 0);
      const { rt } = await serveRt(['--config', join(folder, fileNameOf(block))], {
        env: await environmentOf([block]),
      });
      rt.kill('SIGTERM');
      expect([await rt.ended, rt.stderr]).toEqual([0, expect.stringMatching(/^SIGTERM: .*\n$/)]);
    },
  );
});

describe('the exceptions', () => {
  it('are still there', () => {
    const unused = COMPILED_ONLY.filter((entry) => programs.filter((block) => isOf(entry, block)).length !== 1);
    expect(unused).toEqual([]);
  });

  it.each(RUN_ELSEWHERE)('%s: %o are run by %s', (path, files, test) => {
    const here = programs.filter(({ page }) => page === path).map((block) => fileNameOf(block));
    expect(here).toEqual(expect.arrayContaining([...files]));
    expect(readFileSync(join(root, test), 'utf8')).toContain(path.replace('docs/', ''));
  });
});

function isRunElsewhere(block: CodeBlock): boolean {
  return RUN_ELSEWHERE.some(([page, files]) => page === block.page && files.includes(fileNameOf(block)));
}

function isCompiledOnly(block: CodeBlock): boolean {
  return COMPILED_ONLY.some((entry) => isOf(entry, block));
}

function isOf([page, text]: (typeof COMPILED_ONLY)[number], block: CodeBlock): boolean {
  return block.page === page && block.code.includes(text);
}

/** A config is what `rt` starts with, not a program. */
function isConfig({ code }: CodeBlock): boolean {
  return code.includes('defineConfig(');
}

/** A server, and what follows it on its page until the next one. */
function partsOf(blocks: readonly CodeBlock[]): readonly Part[] {
  const parts: { readonly page: string; readonly blocks: CodeBlock[] }[] = [];
  for (const block of blocks.filter((each) => !isConfig(each))) {
    const last = parts.at(-1);
    if (last?.page !== block.page || block.code.includes('new Realtime('))
      parts.push({ page: block.page, blocks: [block] });
    else last.blocks.push(block);
  }
  return parts;
}

function titleOf({ page, blocks }: Part): string {
  return `${page}:${blocks.map(({ line }) => line).join(', ')}`;
}

/** The blocks of a page for this machine: free ports, addresses that are there, and what they made to be had by others. */
async function unpack(path: string, port: number): Promise<string> {
  const relayPort = await freePort();
  const folder = await unpackPage(
    pages.find((page) => page.path === path)!,
    (code) => {
      const here = code
        .replaceAll('.listen()', '.listen({ port: 6001 })')
        .replaceAll('https://app.example.com', 'http://localhost:6001')
        .replaceAll('6001', String(port))
        .replaceAll('7000', String(relayPort))
        .replaceAll(`host: 'redis.internal'`, `url: process.env['REDIS_URL']!`);
      const names = ['realtime', 'client'].filter((name) => here.includes(`\nconst ${name} = `));
      return `${here}\nexport { ${names.join(', ')} };\n`;
    },
  );
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Where the brokers are that blocks use, in the variables that they read. */
async function environmentOf(blocks: readonly CodeBlock[]): Promise<Record<string, string>> {
  const used = Object.entries(brokers).filter(([name]) =>
    blocks.some(({ code }) => code.includes(`@rt/broker-${name}`)),
  );
  const variables = used.map(async ([name, broker]) => [`${name.toUpperCase()}_URL`, (await broker).url] as const);
  return Object.fromEntries(await Promise.all(variables));
}

async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = fileURLToPath(new URL('run-blocks.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@rt/source', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: CACHE, ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
