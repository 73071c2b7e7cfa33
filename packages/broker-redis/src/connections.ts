import type { Cluster, Redis } from 'ioredis';

/** A server that is written to, and the buckets that it has. */
export interface Master {
  readonly key: string;
  readonly buckets: ReadonlySet<number>;
}

/** The connections to one Redis, whatever it is made of. */
export interface Connections {
  readonly isCluster: boolean;
  /** Where commands go. On a cluster it finds the server of a key by itself. */
  readonly commands: Redis | Cluster;
  /** Where it connects to, for messages. Without secrets. */
  readonly target: string;
  /** From now on a lost connection is made again, by itself. Before, it is not. */
  keep(): void;
  masters(): readonly Master[];
  /** A new connection to a master, not opened yet. */
  subscriber(key: string): Redis;
  /** Finds out anew which masters there are. */
  refresh(): void;
  /** Makes the connection for commands to a master anew. */
  reconnect(key: string): void;
}
