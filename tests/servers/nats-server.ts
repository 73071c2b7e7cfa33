import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { natsInfo, natsPublish, natsRequest } from './nats-request.ts';
import type { NatsAddress } from './nats-request.ts';
import { OwnServer, startOwn } from './own-server.ts';
import { freePort } from './ports.ts';
import type { ServerProcessOptions } from './process.ts';

/** A NATS to talk to, whoever started it. */
export interface Nats {
  /** `nats://127.0.0.1:12345`, with user and password if there are any. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Publishes a text on a connection of its own. */
  publish(subject: string, payload: string): Promise<void>;
  /** Asks on a connection of its own, for instance `$JS.API.STREAM.INFO.<stream>`, and resolves with the JSON of the answer. */
  request(subject: string, payload?: string, withinMs?: number): Promise<unknown>;
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

/** A NATS of our own: it can be killed, paused and restarted. Ends with this process at the latest. */
export class NatsServer extends OwnServer implements Nats {
  /** What it calls itself. */
  readonly name = `n${randomBytes(6).toString('hex')}`;
  readonly #launch: NatsLaunch;

  /** Starts one on a free port and waits until it answers. */
  static start(launch: NatsLaunch = {}): Promise<NatsServer> {
    return startOwn({
      kind: 'nats',
      make: async (dir) => new NatsServer(launch, dir, await freePort()),
      // The others of a cluster were told its port.
      isMovable: launch.cluster === undefined,
    });
  }

  private constructor(launch: NatsLaunch, dir: string, port: number) {
    super(dir, port);
    this.#launch = launch;
  }

  get url(): string {
    const { user, password } = this.#launch;
    const login = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? '')}@`;
    return `nats://${login}${this.host}:${this.port}`;
  }

  publish(subject: string, payload: string): Promise<void> {
    return natsPublish(this.#address, subject, payload);
  }

  request(subject: string, payload?: string, withinMs?: number): Promise<unknown> {
    return natsRequest(this.#address, subject, { payload, withinMs });
  }

  async configure(): Promise<void> {
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

  protected launching(): Omit<ServerProcessOptions, 'folder'> {
    return {
      command: BINARY,
      args: ['-c', join(this.dir, 'nats.conf')],
      ready: async () => (await natsInfo(this.#address)).server_name === this.name,
    };
  }

  get #address(): NatsAddress {
    const { user, password } = this.#launch;
    return { host: this.host, port: this.port, user, password };
  }
}
