import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { natsInfo, natsPublish, natsRequest } from './nats-request.ts';
import type { NatsAddress } from './nats-request.ts';
import { freePort, LOOPBACK } from './ports.ts';
import { ServerProcess, ServerStartError } from './process.ts';

/** A NATS to talk to, whoever started it. */
export interface Nats {
  /** `nats://127.0.0.1:12345`, with user and password if there are any. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Publishes a text on a connection of its own. */
  publish(subject: string, payload: string): Promise<void>;
  /** Asks on a connection of its own, for instance `$JS.API.STREAM.INFO.<stream>`, and resolves with the JSON of the answer. */
  request(subject: string, payload?: string): Promise<unknown>;
  /** Ends it, if the tests started it. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What one of our NATS processes runs with. */
export interface NatsLaunch {
  /** Default true. */
  readonly jetstream?: boolean;
  readonly user?: string;
  readonly password?: string;
  /** Its place in a cluster: its own port for the others, and theirs. */
  readonly cluster?: { readonly port: number; readonly routes: readonly number[] };
  /** Further lines as in nats.conf. */
  readonly config?: string;
}

const BINARY = process.env['NATS_SERVER_PATH'] ?? 'nats-server';
/** A port may be taken by another test between being found free and being used. */
const TRIES = 5;

/** A NATS of our own: it can be killed, paused and restarted. Ends with this process at the latest. */
export class NatsServer implements Nats {
  readonly host = LOOPBACK;
  readonly port: number;
  /** What it calls itself. */
  readonly name = `n${randomBytes(6).toString('hex')}`;
  /** Its folder: configuration and data. Removed by `stop()`. */
  readonly dir: string;
  readonly #launch: NatsLaunch;
  #process: ServerProcess | undefined;

  /** Starts one on a free port and waits until it answers. */
  static async start(launch: NatsLaunch = {}): Promise<NatsServer> {
    for (let tried = 1; ; tried++) {
      /* oxlint-disable no-await-in-loop -- tries again on another port */
      const dir = await mkdtemp(join(tmpdir(), 'rt-nats-'));
      const server = new NatsServer(launch, dir, await freePort());
      try {
        await server.#configure();
        await server.#run();
        return server;
      } catch (error) {
        await server.stop();
        const clash = error instanceof ServerStartError && /address already in use/i.test(error.output);
        if (!clash || tried === TRIES || launch.cluster !== undefined) throw error;
      }
      /* oxlint-enable no-await-in-loop */
    }
  }

  private constructor(launch: NatsLaunch, dir: string, port: number) {
    this.#launch = launch;
    this.dir = dir;
    this.port = port;
  }

  get url(): string {
    const { user, password } = this.#launch;
    const login = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? '')}@`;
    return `nats://${login}${this.host}:${this.port}`;
  }

  get running(): boolean {
    return this.#process?.running ?? false;
  }

  publish(subject: string, payload: string): Promise<void> {
    return natsPublish(this.#address, subject, payload);
  }

  request(subject: string, payload?: string): Promise<unknown> {
    return natsRequest(this.#address, subject, payload);
  }

  /** Ends it and removes its folder. At once (SIGKILL), for there is nothing to keep. May be called again. */
  async stop(): Promise<void> {
    await this.#process?.kill();
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

  get #address(): NatsAddress {
    const { user, password } = this.#launch;
    return { host: this.host, port: this.port, user, password };
  }

  #current(): ServerProcess {
    if (this.#process === undefined) throw new Error('this NATS never came up');
    return this.#process;
  }

  async #configure(): Promise<void> {
    const { jetstream = true, user, password, cluster, config = '' } = this.#launch;
    const lines = [`server_name: ${this.name}`, `host: "${this.host}"`, `port: ${this.port}`, config];
    if (jetstream)
      lines.push(`jetstream { store_dir: "${this.dir}", max_memory_store: 67108864, max_file_store: 1073741824 }`);
    if (user !== undefined) lines.push(`authorization { user: "${user}", password: "${password ?? ''}" }`);
    if (cluster !== undefined) {
      const routes = cluster.routes.map((port) => `"nats://${this.host}:${port}"`).join(', ');
      lines.push(`cluster { name: test, listen: "${this.host}:${cluster.port}", routes: [${routes}] }`);
    }
    await writeFile(join(this.dir, 'nats.conf'), `${lines.join('\n')}\n`);
  }

  async #run(): Promise<void> {
    this.#process = await ServerProcess.start({
      command: BINARY,
      args: ['-c', join(this.dir, 'nats.conf')],
      folder: this.dir,
      ready: async () => (await natsInfo(this.#address)).server_name === this.name,
    });
  }
}
