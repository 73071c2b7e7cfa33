import { quoted, RedisServer } from './redis-server.ts';
import { until } from './until.ts';

export interface RedisSentinelsOptions {
  /** Whom they watch, with the replicas that it has. They are for TLS where it is. */
  readonly master: RedisServer;
  /** Default 3. */
  readonly count?: number;
  /** How many must agree that the master is gone. Default: the majority. */
  readonly quorum?: number;
  /** After how long a silent master counts as gone. Default 1,000. */
  readonly downAfterMs?: number;
  /** What clients ask for. Default `main`. */
  readonly name?: string;
}

/** Sentinels of our own, which watch one master. They are processes like any Redis: kill, pause and restart them alike. */
export class RedisSentinels {
  readonly sentinels: readonly RedisServer[];
  /** What clients ask for. */
  readonly name: string;

  constructor(sentinels: readonly RedisServer[], name: string) {
    this.sentinels = sentinels;
    this.name = name;
  }

  /** Where they listen, as clients want it. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.sentinels.map(({ host, port }) => ({ host, port }));
  }

  /** The port of the master, as the first sentinel that runs sees it. */
  async masterPort(): Promise<number> {
    const asked = this.sentinels.find((sentinel) => sentinel.running);
    if (asked === undefined) throw new Error('no sentinel runs');
    const [, port] = (await asked.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.name)) as [string, string];
    return Number(port);
  }

  async stop(): Promise<void> {
    await Promise.all(this.sentinels.map((sentinel) => sentinel.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Starts sentinels and waits until each knows the others and the master's replicas: from then on they can decide a failover. */
export async function startRedisSentinels(options: RedisSentinelsOptions): Promise<RedisSentinels> {
  const { master, count = 3, name = 'main' } = options;
  const started = await Promise.allSettled(
    Array.from({ length: count }, () =>
      RedisServer.start({ config: config(options), sentinel: true, tls: master.tls }),
    ),
  );
  const running = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const group = new RedisSentinels(running, name);
  try {
    for (const each of started) if (each.status === 'rejected') throw each.reason;
    const replicas = /connected_slaves:(\d+)/.exec(String(await master.command('INFO', 'replication')))?.[1] ?? '0';
    await until('every sentinel knows the others and the replicas', async () => {
      const seen = await Promise.all(running.map((sentinel) => masterSeen(sentinel, name)));
      return seen.every((each) => each['num-other-sentinels'] === String(count - 1) && each['num-slaves'] === replicas);
    });
  } catch (error) {
    await group.stop();
    throw error;
  }
  return group;
}

function config(options: RedisSentinelsOptions): Readonly<Record<string, string | readonly string[]>> {
  const { master, count = 3, quorum = Math.floor(count / 2) + 1, downAfterMs = 1_000, name = 'main' } = options;
  const { password } = master;
  return {
    sentinel: [
      `monitor ${name} ${master.host} ${master.port} ${quorum}`,
      `down-after-milliseconds ${name} ${downAfterMs}`,
      `failover-timeout ${name} 5000`,
      ...(password === undefined ? [] : [`auth-pass ${name} ${quoted(password)}`]),
    ],
  };
}

async function masterSeen(sentinel: RedisServer, name: string): Promise<Readonly<Record<string, string>>> {
  const flat = (await sentinel.command('SENTINEL', 'MASTER', name)) as string[];
  return Object.fromEntries(flat.flatMap((field, index) => (index % 2 === 0 ? [[field, flat[index + 1]!]] : [])));
}
