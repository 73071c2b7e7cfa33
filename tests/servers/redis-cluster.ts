import { startRedis } from './redis.ts';
import type { RedisOptions, RedisServer } from './redis.ts';
import { until } from './until.ts';

const SLOTS = 16_384;
/** A node's second port, on which the nodes talk to each other. */
const BUS_OFFSET = 10_000;

export interface RedisClusterOptions extends RedisOptions {
  /** At least 3, or no failover can be decided. Default 3. */
  readonly masters?: number;
  /** Of each master. Default 0: a killed master's slots are gone until it is back. */
  readonly replicas?: number;
  /** How long a node may be silent before it counts as failed. Default 2,000. */
  readonly nodeTimeoutMs?: number;
}

/** A Redis Cluster of our own. */
export class RedisCluster {
  /** First the masters, in the order of their slots, then their replicas; the roles as they were at the start. */
  readonly nodes: readonly RedisServer[];

  constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes;
  }

  get urls(): readonly string[] {
    return this.nodes.map((node) => node.url);
  }

  /** The node that has `key` now, as `asked` sees it. Default: the first node that runs. */
  async masterOf(key: string, asked = this.#running()): Promise<RedisServer> {
    const slot = Number(await asked.command('CLUSTER', 'KEYSLOT', key));
    const ranges = (await asked.command('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    const range = ranges.find(([first, last]) => first <= slot && slot <= last);
    const found = this.nodes.find((node) => node.port === range?.[2][1]);
    if (found === undefined) throw new Error(`no node has slot ${slot}, that of ${key}`);
    return found;
  }

  /** Waits until each node that runs sees every slot served. A kill is not seen before `nodeTimeoutMs` has passed. */
  ready(withinMs = 15_000): Promise<void> {
    const running = this.nodes.filter((node) => node.running);
    return until('every slot of the cluster is served', () => every(running, isOk), withinMs);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #running(): RedisServer {
    const node = this.nodes.find((each) => each.running);
    if (node === undefined) throw new Error('no node of the cluster runs');
    return node;
  }
}

/** Starts a cluster, its slots shared out evenly, and waits until each node serves. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { masters = 3, replicas = 0, nodeTimeoutMs = 2_000, config, ...rest } = options;
  const clustered = {
    'cluster-enabled': 'yes',
    'cluster-config-file': 'nodes.conf',
    'cluster-node-timeout': String(nodeTimeoutMs),
    // A replica takes over however old its data is: there is nothing else in a test.
    'cluster-replica-validity-factor': '0',
    ...config,
  };
  const started = await Promise.allSettled(
    Array.from({ length: masters * (1 + replicas) }, () =>
      startRedis({ ...rest, config: clustered, portOffsets: [BUS_OFFSET] }),
    ),
  );
  const cluster = new RedisCluster(started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])));
  try {
    for (const each of started) if (each.status === 'rejected') throw each.reason;
    await join(cluster.nodes, masters);
    await cluster.ready();
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

async function join(nodes: readonly RedisServer[], masters: number): Promise<void> {
  const [first, ...others] = nodes as [RedisServer, ...RedisServer[]];
  // Epochs that differ from the start, so that no two nodes have to settle which is the newer.
  await Promise.all(nodes.map((node, index) => node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)));
  await Promise.all(
    nodes.slice(0, masters).map((node, index) => node.command('CLUSTER', 'ADDSLOTS', ...slotsOf(index, masters))),
  );
  await Promise.all(others.map((node) => first.command('CLUSTER', 'MEET', node.host, node.port)));
  await until('every node of the cluster knows every other', () =>
    every(nodes, async (node) => {
      // One line a node; a node that was only heard of is in a handshake still.
      const known = String(await node.command('CLUSTER', 'NODES'))
        .trim()
        .split('\n');
      return known.length === nodes.length && !known.some((line) => line.includes('handshake'));
    }),
  );
  await Promise.all(nodes.slice(masters).map((replica, index) => follow(replica, nodes[index % masters]!)));
}

/** An even share of all slots. */
function slotsOf(index: number, masters: number): readonly number[] {
  const first = Math.round((index * SLOTS) / masters);
  const end = Math.round(((index + 1) * SLOTS) / masters);
  return Array.from({ length: end - first }, (_, offset) => first + offset);
}

async function follow(replica: RedisServer, master: RedisServer): Promise<void> {
  await replica.command('CLUSTER', 'REPLICATE', String(await master.command('CLUSTER', 'MYID')));
  await until('the replica follows its master', async () =>
    String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
  );
}

async function isOk(node: RedisServer): Promise<boolean> {
  const info = String(await node.command('CLUSTER', 'INFO'));
  return info.includes('cluster_state:ok') && info.includes(`cluster_slots_ok:${SLOTS}`);
}

async function every(nodes: readonly RedisServer[], holds: (node: RedisServer) => Promise<boolean>): Promise<boolean> {
  return !(await Promise.all(nodes.map(holds))).includes(false);
}
