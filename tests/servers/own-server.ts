import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOOPBACK } from './ports.ts';
import { ServerProcess, ServerStartError } from './process.ts';
import type { ServerProcessOptions } from './process.ts';

/** A port may be taken by another test between being found free and being used. */
const TRIES = 5;

/** A server of the tests' own: it can be killed, paused and restarted. Ends with this process at the latest. */
export abstract class OwnServer {
  readonly host = LOOPBACK;
  readonly port: number;
  /** Its folder: configuration and data. Removed by `stop()`. */
  readonly dir: string;
  #process: ServerProcess | undefined;

  protected constructor(dir: string, port: number) {
    this.dir = dir;
    this.port = port;
  }

  /** The process it runs as; another one after a restart. */
  get pid(): number {
    return this.#current().pid;
  }

  get running(): boolean {
    return this.#process?.running ?? false;
  }

  /** Ends it and removes its folder. At once (SIGKILL), for there is nothing to keep. May be called again. */
  async stop(): Promise<void> {
    await this.#process?.kill();
    // A child that rewrites a file may be writing still.
    await rm(this.dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  /** Ends it at once, as a crash does (SIGKILL). `restart()` brings it back. */
  kill(): Promise<void> {
    return this.#current().kill();
  }

  /** Freezes it (SIGSTOP): connections stay open, nothing is answered. */
  pause(): void {
    this.#current().pause();
  }

  /** Lets it run on after `pause()`. */
  resume(): void {
    this.#current().resume();
  }

  /** Starts it again on the same port and folder, ending it cleanly first where it still runs. */
  async restart(): Promise<void> {
    await this.#current().terminate();
    await this.run();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Starts it on its port and folder, and waits until it answers. */
  async run(): Promise<void> {
    this.#process = await ServerProcess.start({ ...this.launching(), folder: this.dir });
  }

  /** Writes what it reads when it starts. */
  abstract configure(): Promise<void>;

  /** How it is started, and asked whether it is there. */
  protected abstract launching(): Omit<ServerProcessOptions, 'folder'>;

  #current(): ServerProcess {
    if (this.#process === undefined) throw new Error('this server never came up');
    return this.#process;
  }
}

/** How a server of our own comes to be. */
export interface OwnServerPlan<Server extends OwnServer> {
  /** For the name of its folder. */
  readonly kind: string;
  readonly make: (dir: string) => Promise<Server>;
  /** What it writes where its port is taken. */
  readonly clash?: RegExp;
  /** Whether another port will do. Default true. */
  readonly isMovable?: boolean;
}

/** Starts a server in a folder of its own and waits until it answers; on other ports where one is taken. */
export async function startOwn<Server extends OwnServer>(plan: OwnServerPlan<Server>): Promise<Server> {
  const { kind, make, clash = /address already in use/i, isMovable = true } = plan;
  for (let tried = 1; ; tried++) {
    const server = await make(await mkdtemp(join(tmpdir(), `rt-${kind}-`)));
    try {
      await server.configure();
      await server.run();
      return server;
    } catch (error) {
      await server.stop();
      const isClash = error instanceof ServerStartError && clash.test(error.output);
      if (!isClash || tried === TRIES || !isMovable) throw error;
    }
  }
}
