import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate } from './certificate.ts';
import { OwnServer, startOwn } from './own-server.ts';
import { freePort } from './ports.ts';
import type { ServerProcessOptions } from './process.ts';
import { redisCommand } from './redis-command.ts';
import type { RespValue } from './resp.ts';

/** A Redis to talk to, whoever started it. */
export interface Redis {
  /** `redis://127.0.0.1:12345`, with the password if there is one; `rediss:` where it is for TLS. */
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
  /** Its certificate, which it also trusts: it listens for TLS only, and follows its master and talks to other nodes over TLS. */
  readonly tls?: Certificate | undefined;
  /** Runs as a sentinel. Default false. */
  readonly sentinel?: boolean;
  /** Other ports that must be free, as distances from its own. */
  readonly portOffsets?: readonly number[];
}

const BINARY = process.env['REDIS_SERVER_PATH'] ?? 'redis-server';

/** A Redis of our own: it can be killed, paused and restarted. Ends with this process at the latest. */
export class RedisServer extends OwnServer implements Redis {
  readonly #launch: RedisLaunch;

  /** Starts one on a free port and waits until it answers. */
  static start(launch: RedisLaunch): Promise<RedisServer> {
    return startOwn({
      kind: 'redis',
      make: async (dir) => new RedisServer(launch, dir, await freePort(launch.portOffsets)),
    });
  }

  private constructor(launch: RedisLaunch, dir: string, port: number) {
    super(dir, port);
    this.#launch = launch;
  }

  get url(): string {
    const { password, tls } = this.#launch;
    const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
    return `${tls === undefined ? 'redis' : 'rediss'}://${login}${this.host}:${this.port}`;
  }

  /** What clients must know to use it. */
  get password(): string | undefined {
    return this.#launch.password;
  }

  /** Set where it is for TLS only. */
  get tls(): Certificate | undefined {
    return this.#launch.tls;
  }

  command(...args: readonly (string | number)[]): Promise<RespValue> {
    return this.#ask(args);
  }

  /** Written once: Redis itself changes the file when it learns of another role, and a restart must find that. */
  async configure(): Promise<void> {
    const settings: RedisConfig = {
      ...this.#ports(),
      bind: this.host,
      dir: quoted(this.dir),
      ...this.#launch.config,
    };
    const lines = Object.entries(settings).flatMap(([name, values]) =>
      [values].flat().map((value) => `${name} ${value}\n`),
    );
    await writeFile(join(this.dir, 'redis.conf'), lines.join(''));
  }

  protected launching(): Omit<ServerProcessOptions, 'folder'> {
    const { sentinel = false } = this.#launch;
    return {
      command: BINARY,
      args: [join(this.dir, 'redis.conf'), ...(sentinel ? ['--sentinel'] : [])],
      ready: (pid) => this.#ready(pid),
    };
  }

  #ports(): RedisConfig {
    const { tls } = this.#launch;
    if (tls === undefined) return { port: String(this.port) };
    return {
      port: '0',
      'tls-port': String(this.port),
      'tls-cert-file': tls.certFile,
      'tls-key-file': tls.keyFile,
      'tls-ca-cert-file': tls.certFile,
      'tls-auth-clients': 'no',
      'tls-replication': 'yes',
      'tls-cluster': 'yes',
    };
  }

  #ask(args: readonly (string | number)[], timeoutMs?: number): Promise<RespValue> {
    const { host, port, password, tls } = this;
    return redisCommand({ host, port, password, ca: tls?.cert }, args, timeoutMs);
  }

  async #ready(pid: number): Promise<boolean> {
    const info = String(await this.#ask(['INFO', 'server'], 1_000));
    if (!info.includes(`process_id:${pid}\r\n`)) return false;
    // While it loads its data, it answers this with an error.
    return (await this.#ask(['PING'], 1_000)) === 'PONG';
  }
}

/** A text as redis.conf takes it whatever is in it. */
export function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
}
