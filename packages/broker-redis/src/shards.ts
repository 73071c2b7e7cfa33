import type { Cancel, Clock } from '@rt/core';
import type { Connections, Master } from './connections.ts';
import { brokerDown } from './failure.ts';
import { BUCKETS } from './names.ts';
import { Shard } from './shard.ts';
import type { ShardHost } from './shard.ts';
import type { Listener } from './subscriptions.ts';

/** Time between two looks at which servers there are, while one of them is down. */
const REFRESH_MS = 1_000;

/** The servers of one Redis: one, or the masters of a cluster, as they come and go. */
export class Shards {
  readonly #connections: Connections;
  readonly #clock: Clock;
  readonly #host: ShardHost;
  readonly #probeName: (bucket: number) => string;
  readonly #byKey = new Map<string, Shard>();
  /** The server of each bucket. */
  readonly #owners = Array<Shard | undefined>(BUCKETS);
  #stopRefresh: Cancel | undefined;
  #isClosed = false;

  constructor(connections: Connections, clock: Clock, host: ShardHost, probeName: (bucket: number) => string) {
    this.#connections = connections;
    this.#clock = clock;
    this.#host = host;
    this.#probeName = probeName;
  }

  /** Why they can't be relied on, or `undefined`. */
  get down(): string | undefined {
    for (const { down } of this.#byKey.values()) if (down !== undefined) return down;
    return this.#owners.includes(undefined) ? 'some channels have no server' : undefined;
  }

  open(): void {
    this.update();
    this.#stopRefresh ??= this.#clock.every(REFRESH_MS, () => {
      if (this.down !== undefined) this.#connections.refresh();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#stopRefresh?.();
    for (const shard of this.#byKey.values()) shard.close();
    this.#byKey.clear();
  }

  /** Follows what the cluster says about its servers. */
  update(): void {
    if (this.#isClosed) return;
    const masters = this.#connections.masters();
    const keys = new Set(masters.map(({ key }) => key));
    for (const [key, shard] of this.#byKey) {
      if (keys.has(key)) continue;
      shard.close();
      this.#byKey.delete(key);
    }
    this.#owners.fill(undefined);
    for (const master of masters) {
      const { key, buckets } = master;
      const shard = this.#byKey.get(key) ?? this.#create(master);
      for (const bucket of buckets) this.#owners[bucket] = shard;
      const hasMore = [...buckets].some((bucket) => !shard.buckets.has(bucket));
      shard.buckets = buckets;
      if (hasMore) shard.mend(true);
    }
    this.#host.changed();
  }

  /** Those that there are now. */
  all(): readonly Shard[] {
    return [...this.#byKey.values()];
  }

  /** Where the channels of a bucket are listened to. */
  listenerOf(bucket: number): Listener {
    const shard = this.#owners[bucket];
    if (shard === undefined) throw brokerDown('this channel has no server now');
    return shard;
  }

  /** Every connection is made anew: another server is the master. */
  startOver(): void {
    for (const shard of this.#byKey.values()) shard.startOver();
  }

  /** The connection for commands was lost. */
  lose(reason: string): void {
    for (const shard of this.#byKey.values()) shard.lose(reason);
  }

  /** The connection for commands is there again. */
  mend(): void {
    for (const shard of this.#byKey.values()) shard.mend();
  }

  #create(master: Master): Shard {
    const [bucket = 0] = master.buckets;
    const subscriber = this.#connections.subscriber(master.key);
    const shard = new Shard(master, subscriber, this.#probeName(bucket), this.#host);
    this.#byKey.set(master.key, shard);
    shard.open();
    return shard;
  }
}
