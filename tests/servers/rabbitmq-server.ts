import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { OwnServer, startOwn } from './own-server.ts';
import { freePort, LOOPBACK } from './ports.ts';
import { ServerProcess } from './process.ts';
import type { ServerProcessOptions } from './process.ts';
import { runProgram } from './run-program.ts';

/** What one of our RabbitMQ processes runs with. */
export interface RabbitmqLaunch {
  /** Default `guest`. */
  readonly user?: string;
  /** Default `guest`. */
  readonly password?: string;
  /** Default true: with stream queues, which the log needs. */
  readonly streams?: boolean;
  /** Its place in a cluster: what all of its nodes share. */
  readonly cluster?: { readonly cookie: string; readonly mapperPort: number };
  /** Further lines as in rabbitmq.conf. */
  readonly config?: string;
}

interface Ports {
  readonly amqp: number;
  /** Of the port mapper, and of the nodes of a cluster among each other. */
  readonly epmd: number;
  readonly distribution: number;
}

const GIVEN = process.env['RABBITMQ_SERVER_PATH'] ?? 'rabbitmq-server';
/** What Debian puts on the path changes the user, and hides what is written: the programs themselves are here. */
const DEBIAN = '/usr/lib/rabbitmq/bin';
const BINARY = /^(?:\/usr\/sbin\/)?[^/]+$/.test(GIVEN) && existsSync(DEBIAN) ? join(DEBIAN, 'rabbitmq-server') : GIVEN;
const CONTROL = join(dirname(BINARY), 'rabbitmqctl');
/** It takes 4 to 6 s to come up, more where others start too. */
const READY_WITHIN_MS = 60_000;
/** What a RabbitMQ with everything but streams has. */
const FLAGS_BEFORE_STREAMS =
  'implicit_default_bindings,quorum_queue,virtual_host_metadata,maintenance_mode_status,user_limits';

/** A RabbitMQ of our own: it can be killed, paused and restarted. Ends with this process at the latest. */
export class RabbitmqServer extends OwnServer {
  /** What it is called among Erlang's nodes. */
  readonly node: string;
  readonly #launch: RabbitmqLaunch;
  readonly #ports: Ports;
  #mapper: ServerProcess | undefined;
  #isWrittenDown = false;

  /** Starts one on free ports and waits until it answers. */
  static start(launch: RabbitmqLaunch = {}): Promise<RabbitmqServer> {
    return startOwn({
      kind: 'rabbitmq',
      make: async (dir) => new RabbitmqServer(launch, dir, await freePorts(launch)),
      clash: /eaddrinuse|address already in use|already_running|seems to be in use/i,
    });
  }

  private constructor(launch: RabbitmqLaunch, dir: string, ports: Ports) {
    super(dir, ports.amqp);
    this.#launch = launch;
    this.#ports = ports;
    this.node = `rt${randomBytes(6).toString('hex')}@localhost`;
  }

  get url(): string {
    const { user = 'guest', password = 'guest' } = this.#launch;
    return `amqp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${this.host}:${this.port}`;
  }

  /** Runs `rabbitmqctl`, which takes a second or two, and resolves with what it writes. */
  control(...args: readonly string[]): Promise<string> {
    return runProgram(CONTROL, ['-n', this.node, '-q', ...args], this.#environment());
  }

  override async kill(): Promise<void> {
    // Some seconds after the first stream was made, it writes down that there are any. One that is killed before loses all of them.
    if (!this.#isWrittenDown) await this.control('eval', '[dets:sync(Table) || Table <- dets:all()].');
    this.#isWrittenDown = true;
    await super.kill();
  }

  override async stop(): Promise<void> {
    await super.stop();
    await this.#mapper?.kill();
  }

  async configure(): Promise<void> {
    const { user = 'guest', password = 'guest', config = '', cluster } = this.#launch;
    const lines = [
      `listeners.tcp.1 = ${this.host}:${this.port}`,
      `distribution.listener.interface = ${this.host}`,
      'loopback_users = none',
      `default_user = ${user}`,
      `default_pass = ${password}`,
      'vm_memory_high_watermark.absolute = 1GB',
      // A low disk would block publishers without a word.
      'disk_free_limit.absolute = 50MB',
      'log.file = false',
      'log.console = true',
      'log.console.level = warning',
      config,
    ];
    await writeFile(join(this.dir, 'rabbitmq.conf'), `${lines.join('\n')}\n`);
    await writeFile(join(this.dir, 'plugins'), '[].');
    await writeFile(join(this.dir, '.erlang.cookie'), cluster?.cookie ?? randomBytes(12).toString('hex'), {
      mode: 0o400,
    });
  }

  override async run(): Promise<void> {
    // Erlang would start one that stays behind.
    if (this.#launch.cluster === undefined) this.#mapper ??= await startMapper(this.#ports.epmd, this.dir);
    await super.run();
  }

  protected launching(): Omit<ServerProcessOptions, 'folder'> {
    return {
      command: BINARY,
      args: [],
      env: this.#environment(),
      ready: () => speaksAmqp(this.port),
      readyWithinMs: READY_WITHIN_MS,
    };
  }

  #environment(): NodeJS.ProcessEnv {
    const { streams = true } = this.#launch;
    return {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      HOME: this.dir,
      RABBITMQ_NODENAME: this.node,
      RABBITMQ_NODE_PORT: String(this.port),
      RABBITMQ_DIST_PORT: String(this.#ports.distribution),
      RABBITMQ_MNESIA_BASE: join(this.dir, 'mnesia'),
      RABBITMQ_LOG_BASE: join(this.dir, 'log'),
      RABBITMQ_PID_FILE: join(this.dir, 'pid'),
      RABBITMQ_CONFIG_FILE: join(this.dir, 'rabbitmq.conf'),
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_ENABLED_PLUGINS_FILE: join(this.dir, 'plugins'),
      ERL_EPMD_ADDRESS: LOOPBACK,
      ERL_EPMD_PORT: String(this.#ports.epmd),
      // No shell around it, so that signals reach it; nothing is ever typed.
      RABBITMQ_ALLOW_INPUT: '1',
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        '-noinput +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}',
      ...(streams ? {} : { RABBITMQ_FEATURE_FLAGS: FLAGS_BEFORE_STREAMS }),
    };
  }
}

async function freePorts({ cluster }: RabbitmqLaunch): Promise<Ports> {
  const [amqp, distribution, epmd] = await Promise.all([freePort(), freePort(), freePort()]);
  return { amqp, distribution, epmd: cluster?.mapperPort ?? epmd };
}

/** Starts Erlang's port mapper. */
export function startMapper(port: number, folder: string): Promise<ServerProcess> {
  return ServerProcess.start({
    command: 'epmd',
    args: ['-address', LOOPBACK, '-port', String(port)],
    folder,
    ready: () => takesConnections(port),
  });
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, LOOPBACK);
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}

/** Says hello as AMQP 0-9-1 does: whoever is ready answers with a frame. */
async function speaksAmqp(port: number): Promise<boolean> {
  const socket = connect({ port, host: LOOPBACK, timeout: 2_000 });
  socket.on('timeout', () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, 'connect');
    socket.write('AMQP\0\0\x09\x01', 'latin1');
    const [first] = (await once(socket, 'data')) as [Buffer];
    return first[0] === 1;
  } finally {
    socket.destroy();
  }
}
