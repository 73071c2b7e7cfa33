import type { Cluster, Redis } from 'ioredis';

/** A server that is written to, and the buckets that it has. */
export interface Master {
  readonly key: string;
  readonly buckets: ReadonlySet<number>;
}

/** Who hears that a master is another one. */
export interface MasterWatchHost {
  moved(): void;
  /** It will not be told. */
  refused(reason: string): void;
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
  /** Tells apart the connections on which commands for a bucket go: a new one has a new name. */
  connectionTo(bucket: number): string;
  /** New connections, not opened yet, to the servers that it must reach first: those that were named, where more are found through them. */
  entrances(): readonly Redis[];
  /** Calls `moved` when somebody tells that the master is not the server that commands go to. Returns what ends that. */
  watch(host: MasterWatchHost): () => void;
  /** Finds out anew which masters there are. */
  refresh(): void;
  /** Makes the connection for commands to a master anew. */
  reconnect(key: string): void;
}

/** The number of the database that commands are for. A cluster has only 0. */
export function databaseOf({ commands }: Connections): number {
  return 'nodes' in commands ? 0 : (commands.options.db ?? 0);
}
