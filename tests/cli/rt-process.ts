import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../packages/cli/src/rt.ts', import.meta.url));
/** `NODE_COMPILE_CACHE`: stripping types and compiling is most of what a command of a few milliseconds does when it runs from source. */
export const CACHE = fileURLToPath(new URL('../../node_modules/.cache/rt-tests', import.meta.url));
const running = new Set<ChildProcessWithoutNullStreams>();

export interface RtOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** The command `rt`, from source, as a process of its own. */
export class RtProcess {
  readonly child: ChildProcessWithoutNullStreams;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<number | NodeJS.Signals>;
  readonly #waiting = new Set<() => void>();

  constructor(args: readonly string[], { cwd, env = {}, input = '' }: RtOptions = {}) {
    this.child = spawn(process.execPath, ['--conditions=@rt/source', SCRIPT, ...args], {
      cwd,
      // A group of its own, so that what it starts (--watch) can be ended with it.
      detached: true,
      env: { ...inherited(), NODE_COMPILE_CACHE: CACHE, ...env },
    });
    running.add(this.child);
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => this.#wrote(() => (this.stdout += text)));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => this.#wrote(() => (this.stderr += text)));
    // A command that refuses its flags ends without reading.
    this.child.stdin.on('error', () => undefined);
    this.child.stdin.end(input);
    this.#ended = this.#end();
  }

  /** Exit code or signal, once it ended and everything it wrote is here. */
  get ended(): Promise<number | NodeJS.Signals> {
    return this.#ended;
  }

  /** Waits for `pattern` in what it wrote to standard output. */
  out(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#find(pattern, () => this.stdout);
  }

  /** Waits for `pattern` in what it wrote to standard error. */
  err(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#find(pattern, () => this.stderr);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async #find(pattern: RegExp, text: () => string): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(text());
      if (found !== null) return found;
      if (!running.has(this.child)) throw new Error(`no ${pattern} in:\n${this.stdout}\n${this.stderr}`);
      // oxlint-disable-next-line no-await-in-loop -- each turn waits for more text
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #wrote(add: () => void): void {
    add();
    this.#wake();
  }

  async #end(): Promise<number | NodeJS.Signals> {
    const [code, signal] = (await once(this.child, 'close')) as [number, null] | [null, NodeJS.Signals];
    running.delete(this.child);
    this.#wake();
    return code ?? signal;
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** Runs a command that ends by itself. */
export async function runRt(
  args: readonly string[],
  options: RtOptions = {},
): Promise<{ code: number | NodeJS.Signals; stdout: string; stderr: string }> {
  const rt = new RtProcess(args, options);
  const code = await rt.ended;
  return { code, stdout: rt.stdout, stderr: rt.stderr };
}

/** Starts `rt serve` on a free port (unless the arguments name one) and waits until it listens. */
export async function serveRt(
  args: readonly string[] = [],
  options: RtOptions = {},
): Promise<{ rt: RtProcess; url: string }> {
  const rt = new RtProcess(['serve', ...(args.includes('--port') ? [] : ['--port', '0']), ...args], options);
  const [, url = ''] = await rt.out(/listens on (\S+)\n[^]*\n {2}broker .*\n/);
  return { rt, url };
}

/** Ends what a test left running: call it after each. */
export async function endAll(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const closed = once(child, 'close');
      process.kill(-child.pid!, 'SIGKILL');
      await closed;
    }),
  );
}

/** Without what the machine or the test runner would set: only the test decides. */
function inherited(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:REALTIME|REDIS)_|^NODE_ENV$/.test(name));
  return Object.fromEntries(kept);
}
