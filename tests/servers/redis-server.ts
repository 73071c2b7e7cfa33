import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, LOOPBACK } from './ports.ts';
import { ServerProcess, ServerStartError } from './process.ts';
import { redisCommand } from './redis-command.ts';
import type { RespValue } from './resp.ts';

/** A Redis to talk to, whoever started it. */
export interface Redis {
  /** `redis://127.0.0.1:12345`, with the password if there is one. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Runs one command on a connection of its own; rejects with what Redis answers if that is an error. */
  command(...args: readonly (string | number)[]): Promise<RespValue>;
  /** Ends it, if the tests started it. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Settings by name, each written as in redis.conf (`""` is the empty text); a list for a name that may come more than once. */
export type RedisConfig = Readonly<Record<string, string | readonly string[]>>;

/** What one of our Redis processes runs with. */
export interface RedisLaunch {
  readonly config: RedisConfig;
  readonly password?: string | undefined;
  /** Runs as a sentinel. Default false. */
  readonly sentinel?: boolean;
  /** Other ports that must be free, as distances from its own. */
  readonly portOffsets?: readonly number[];
}

const BINARY = process.env['REDIS_SERVER_PATH'] ?? 'redis-server';
/** A port may be taken by another test between being found free and being used. */
const TRIES = 5;

/** A Redis of our own: it can be killed, paused and restarted. Ends with this process at the latest. */
export class RedisServer implements Redis {
  readonly host = LOOPBACK;
  readonly port: number;
  /** Its folder: configuration and data. Removed by `stop()`. */
  readonly dir: string;
  readonly #launch: RedisLaunch;
  #process: ServerProcess | undefined;

  /** Starts one on a free port and waits until it answers. */
  static async start(launch: RedisLaunch): Promise<RedisServer> {
    for (let tried = 1; ; tried++) {
      /* oxlint-disable no-await-in-loop -- tries again on another port */
      const dir = await mkdtemp(join(tmpdir(), 'rt-redis-'));
      const server = new RedisServer(launch, dir, await freePort(launch.portOffsets));
      try {
        await server.#configure();
        await server.#run();
        return server;
      } catch (error) {
        await server.stop();
        const clash = error instanceof ServerStartError && /address already in use/i.test(error.output);
        if (!clash || tried === TRIES) throw error;
      }
      /* oxlint-enable no-await-in-loop */
    }
  }

  private constructor(launch: RedisLaunch, dir: string, port: number) {
    this.#launch = launch;
    this.dir = dir;
    this.port = port;
  }

  get url(): string {
    const { password } = this.#launch;
    const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
    return `redis://${login}${this.host}:${this.port}`;
  }

  /** The process it runs as; another one after a restart. */
  get pid(): number {
    return this.#current().pid;
  }

  get running(): boolean {
    return this.#process?.running ?? false;
  }

  /** What clients must know to use it. */
  get password(): string | undefined {
    return this.#launch.password;
  }

  command(...args: readonly (string | number)[]): Promise<RespValue> {
    return redisCommand(this, args);
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
    await this.#run();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #current(): ServerProcess {
    if (this.#process === undefined) throw new Error('this Redis never came up');
    return this.#process;
  }

  /** Written once: Redis itself changes the file when it learns of another role, and a restart must find that. */
  async #configure(): Promise<void> {
    const settings: RedisConfig = {
      port: String(this.port),
      bind: this.host,
      dir: quoted(this.dir),
      ...this.#launch.config,
    };
    const lines = Object.entries(settings).flatMap(([name, values]) =>
      [values].flat().map((value) => `${name} ${value}\n`),
    );
    await writeFile(join(this.dir, 'redis.conf'), lines.join(''));
  }

  async #run(): Promise<void> {
    const { sentinel = false } = this.#launch;
    this.#process = await ServerProcess.start({
      command: BINARY,
      args: [join(this.dir, 'redis.conf'), ...(sentinel ? ['--sentinel'] : [])],
      folder: this.dir,
      ready: (pid) => this.#ready(pid),
    });
  }

  async #ready(pid: number): Promise<boolean> {
    const info = String(await redisCommand(this, ['INFO', 'server'], 1_000));
    if (!info.includes(`process_id:${pid}\r\n`)) return false;
    // While it loads its data, it answers this with an error.
    return (await redisCommand(this, ['PING'], 1_000)) === 'PONG';
  }
}

/** A text as redis.conf takes it whatever is in it. */
export function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
}
