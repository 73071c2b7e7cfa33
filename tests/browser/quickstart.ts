import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('../../examples/quickstart/server.ts', import.meta.url));

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The quickstart's server as a process of its own, run as `npm start` runs it: from the built packages. */
export class Quickstart {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #output = '';

  private constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, [SERVER, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  /** Starts the process without waiting for anything. */
  static run(...args: readonly string[]): Quickstart {
    return new Quickstart(args);
  }

  /** Resolves when it listens: on `port`, or on a free one. Rejects with its output when it ends before. */
  static async start(port = 0): Promise<Quickstart> {
    const quickstart = new Quickstart(['--port', String(port)]);
    await quickstart.says(/http:\/\/localhost:\d+\s/);
    return quickstart;
  }

  /** Everything it printed so far. */
  get output(): string {
    return this.#output;
  }

  /** Where the page is. */
  get url(): string {
    const url = /http:\/\/localhost:\d+/.exec(this.#output)?.[0];
    if (url === undefined) throw new Error(`it told no URL: ${this.#output}`);
    return url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** The API key of this run. */
  get apiKey(): string {
    return /--key (\S+)/.exec(this.#output)?.[1] ?? '';
  }

  /** Resolves when it has printed `pattern`. */
  async says(pattern: RegExp): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!pattern.test(this.#output)) return;
        this.#child.stdout?.off('data', look);
        resolve();
      };
      this.#child.stdout?.on('data', look);
      this.exited.then(() => reject(new Error(`it ended before it said ${String(pattern)}: ${this.#output}`)), reject);
      look();
    });
  }

  /** Sends a signal and resolves with how it ended. Without effect once it has ended. */
  stop(signal: NodeJS.Signals): Promise<Exit> {
    this.signal(signal);
    return this.exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
