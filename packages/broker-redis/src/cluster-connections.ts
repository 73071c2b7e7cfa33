import type { Cluster, ClusterOptions, Redis } from 'ioredis';
import { backoff, OURS, reconnectOnError } from './connection-settings.ts';
import type { Connections, Master } from './connections.ts';
import { BUCKETS, slotOf } from './names.ts';
import { ASKING } from './unreachable.ts';

/** Options of a cluster; replies keep the shape that ioredis gives them by default. */
export type ClusterSettings = Omit<ClusterOptions, 'redisOptions'> & {
  readonly redisOptions: Omit<NonNullable<ClusterOptions['redisOptions']>, 'replyMapping'>;
};

/** To the masters of a Redis Cluster. */
export class ClusterConnections implements Connections {
  readonly isCluster = true;
  readonly commands: Cluster;
  readonly target: string;
  #isKept = false;
  /** The nodes that were to be used before all was well. */
  readonly #tried = new Set<Redis>();
  /** How often a connection to one of the nodes came or went. */
  #changes = 0;

  constructor(make: (settings: ClusterSettings) => Cluster, target: string) {
    this.target = target;
    this.commands = make({
      lazyConnect: true,
      // For the moment in which a node's connection is being made; nothing is sent to a cluster that is not there.
      enableOfflineQueue: true,
      keyPrefix: '',
      scaleReads: 'master',
      // Of a command that was sent when its connection went nobody knows whether it was done.
      retryDelayOnFailover: 0,
      clusterRetryStrategy: (attempt: number) => (this.#isKept ? backoff(attempt) : null),
      redisOptions: { ...OURS, connectionName: 'rt-commands', reconnectOnError },
    });
    for (const event of ['+node', '-node']) this.commands.on(event, () => this.#changes++);
    this.commands.on('+node', (node: Redis) => {
      if (!this.#isKept) this.#tried.add(node);
    });
  }

  connectionTo(bucket: number): string {
    return `${this.commands.slots[slotOf(bucket)]?.[0]} ${this.#changes}`;
  }

  keep(): void {
    this.#isKept = true;
    this.#tried.clear();
  }

  masters(): readonly Master[] {
    const byKey = new Map<string, Set<number>>();
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const key = this.commands.slots[slotOf(bucket)]?.[0];
      if (key === undefined) continue;
      const buckets = byKey.get(key);
      if (buckets === undefined) byKey.set(key, new Set([bucket]));
      else buckets.add(bucket);
    }
    return Array.from(byKey, ([key, buckets]) => ({ key, buckets }));
  }

  subscriber(key: string): Redis {
    const node = this.#node(key);
    if (node === undefined) throw new Error(`the cluster has no node ${key}`);
    return node.duplicate({
      ...OURS,
      connectionName: 'rt-subscriber',
      readOnly: false,
      retryStrategy: (attempt: number) => (this.#isKept ? backoff(attempt) : null),
    });
  }

  entrances(): readonly Redis[] {
    return Array.from(this.#tried, (node) => node.duplicate(ASKING));
  }

  watch(): () => void {
    // Commands that go to the wrong server are told so.
    return () => undefined;
  }

  refresh(): void {
    this.commands.refreshSlotsCache();
  }

  reconnect(key: string): void {
    this.#node(key)?.disconnect();
  }

  #node(key: string): Redis | undefined {
    return this.commands.nodes('all').find(({ options }) => `${options.host}:${options.port}` === key);
  }
}
