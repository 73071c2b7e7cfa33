import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { unwatch, watch } from './watchdog.ts';

/** How often a server that is starting is asked. */
const ASK_EVERY_MS = 10;
const ASK_TO_END_EVERY_MS = 250;
/** After this time a server that was asked to end is killed. */
const END_WITHIN_MS = 10_000;
const KEPT_OUTPUT = 20_000;

export interface ServerProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The server's own folder: it runs there, and the folder is removed when this process ends. */
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
  /**
   * Asks the server: resolves with whether it is ready; a rejection means not yet. `pid`: where the server can say who it is, compare,
   * for another one may be there at a port that this one did not get.
   */
  readonly ready: (pid: number) => Promise<boolean>;
  /** Default 15 s. */
  readonly readyWithinMs?: number;
}

/** A server did not come up. The message has what it wrote. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
  readonly output: string;

  constructor(message: string, output: string, cause?: unknown) {
    super(`${message}\n${output}`, { cause });
    this.output = output;
  }
}

/** A real server as a child process. It never outlives this process. */
export class ServerProcess {
  readonly #child: ChildProcess;
  /** Not `close`: a child of its own, such as one that rewrites a file, may hold the pipes for longer. */
  readonly #exited: Promise<unknown>;
  #output = '';
  #running = true;

  /** Starts it and waits until it answers. */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const { command, args, folder, env = process.env } = options;
    const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      await once(child, 'spawn');
    } catch (error) {
      throw new ServerStartError(`${command} can't be run`, String(error), error);
    }
    const closed = once(child, 'close');
    const started = new ServerProcess(child, folder);
    const lastError = await started.#ready(options);
    if (lastError === undefined) return started;
    const problem = started.running ? 'did not answer in time' : 'ended before it answered';
    await started.kill();
    await closed;
    throw new ServerStartError(`${command} ${problem}`, started.output, lastError);
  }

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    const { pid } = this;
    watch(pid, folder);
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
      });
    }
    this.#exited = once(child, 'exit').then(() => {
      this.#running = false;
      unwatch(pid);
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get running(): boolean {
    return this.#running;
  }

  /** The end of what it wrote, both streams together. */
  get output(): string {
    return this.#output;
  }

  /** Asks it to end (SIGTERM), also while paused, and waits for that; kills it when it doesn't. */
  async terminate(): Promise<void> {
    if (!this.#running) return;
    const ask = (): void => {
      this.#child.kill('SIGTERM');
      this.#child.kill('SIGCONT');
    };
    ask();
    // Again and again: a Redis refuses while it writes its first append-only file.
    const asking = setInterval(ask, ASK_TO_END_EVERY_MS);
    const giveUp = setTimeout(() => this.#child.kill('SIGKILL'), END_WITHIN_MS);
    await this.#exited;
    clearInterval(asking);
    clearTimeout(giveUp);
  }

  /** Ends it without a chance to write anything (SIGKILL), and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.#running) this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Stops it from running (SIGSTOP): its connections stay open and nothing is answered. */
  pause(): void {
    this.#signal('SIGSTOP');
  }

  /** Lets it run on (SIGCONT). */
  resume(): void {
    this.#signal('SIGCONT');
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.#running) throw new Error(`${signal}: the server process ${this.pid} is not running`);
    this.#child.kill(signal);
  }

  /** Resolves with nothing, or with why it is not ready in time. */
  async #ready({ ready, readyWithinMs = 15_000 }: ServerProcessOptions): Promise<unknown> {
    const until = Date.now() + readyWithinMs;
    let last: unknown = new Error('it said that it is not ready');
    /* oxlint-disable no-await-in-loop -- asks again until it is ready */
    while (this.#running && Date.now() < until) {
      const answer = await ready(this.pid).catch((error: unknown) => {
        last = error;
        return false;
      });
      if (answer && this.#running) return undefined;
      await delay(ASK_EVERY_MS);
    }
    /* oxlint-enable no-await-in-loop */
    return last;
  }
}
