import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../servers/ports.ts';
import { readPage } from '../tooling/docs-page.ts';
import type { Page } from '../tooling/docs-page.ts';
import { unpackPage } from '../tooling/unpack-page.ts';

const run = promisify(execFile);

describe('the programs of the guide', () => {
  it.each(['docs/guide/handlers.md', 'docs/guide/methods.md'])('%s prints what it shows', async (path) => {
    const page = readPage(path);
    const folder = await unpack(page);
    const args = ['--conditions=@rt/source', join(folder, 'program.ts')];
    const { stdout, stderr } = await run(process.execPath, args, { timeout: 25_000 });
    expect(stderr).toBe('');
    const shown = page.blocks.find(({ language }) => language === 'text')?.code ?? '';
    expect(stdout.trim().split('\n').sort()).toEqual(shown.split('\n').sort());
  });
});

describe('the servers and pages of the guide', () => {
  it.each([
    ['docs/guide/first-channel.md', 'listening on', /^\d{4}-\d\d-\d\dT.+Z\n/],
    ['docs/guide/typed-application.md', 'ann says something in a=20room=20with=20=C3=BCnusual=20name', /^here: ann\n/],
  ])('%s: they find each other and say what they should', async (path, heard, shown) => {
    const folder = await unpack(readPage(path), await freePort());
    const server = new Program(join(folder, 'server.ts'));
    await server.prints(/^listening on http.+\n/);
    const page = new Program(join(folder, 'page.ts'));
    await Promise.all([page.prints(shown), server.prints(new RegExp(heard))]);
    expect([server.stderr, page.stderr]).toEqual(['', '']);
  });
});

/** The files of a page; servers take `port`. */
async function unpack(page: Page, port = 6001): Promise<string> {
  const folder = await unpackPage(page, (code) => code.replaceAll('6001', String(port)));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** One that does not end by itself: it ends with the test. */
class Program {
  stdout = '';
  stderr = '';
  readonly #child;

  constructor(file: string) {
    const child = spawn(process.execPath, ['--conditions=@rt/source', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill());
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#child = child;
  }

  /** Waits until it has printed `pattern`. */
  async prints(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stdout)) {
      if (this.#child.exitCode !== null) throw new Error(`it ended:\n${this.stdout}\n${this.stderr}`);
      await Promise.race([once(this.#child.stdout, 'data'), once(this.#child, 'close')]);
    }
  }
}
