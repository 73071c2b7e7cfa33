import type { Redis } from 'ioredis';
import { backoff, OURS, reconnectOnError } from './connection-settings.ts';
import type { RedisOptions } from './connection-settings.ts';
import type { Connections, Master } from './connections.ts';
import { BUCKETS } from './names.ts';
import { ASKING } from './unreachable.ts';

/** To one server: the one at an address, or the one that sentinels name. */
export class SingleConnections implements Connections {
  readonly isCluster = false;
  readonly commands: Redis;
  readonly target: string;
  readonly #make: (settings: RedisOptions) => Redis;
  #isKept = false;
  #made = 0;

  constructor(make: (settings: RedisOptions) => Redis, target: string) {
    this.#make = make;
    this.target = target;
    this.commands = this.#connection('rt-commands');
    this.commands.on('connect', () => this.#made++);
  }

  keep(): void {
    this.#isKept = true;
  }

  masters(): readonly Master[] {
    return [{ key: 'redis', buckets: new Set(Array.from({ length: BUCKETS }, (_, bucket) => bucket)) }];
  }

  subscriber(): Redis {
    return this.#connection('rt-subscriber');
  }

  connectionTo(): string {
    return String(this.#made);
  }

  entrances(): readonly Redis[] {
    const { sentinels, sentinelUsername, sentinelPassword, sentinelTLS } = this.commands.options;
    const login = { username: sentinelUsername, password: sentinelPassword, tls: sentinelTLS, db: 0 };
    return (sentinels ?? []).map(({ host, port = 26_379 }) =>
      this.#make({ ...ASKING, ...login, host, port, sentinels: undefined }),
    );
  }

  refresh(): void {
    // There is one server, at the address that was given or that the sentinels tell.
  }

  reconnect(): void {
    this.commands.disconnect(true);
  }

  #connection(connectionName: string): Redis {
    const retryStrategy = (attempt: number): number | null => (this.#isKept ? backoff(attempt) : null);
    return this.#make({
      ...OURS,
      connectionName,
      retryStrategy,
      sentinelRetryStrategy: retryStrategy,
      reconnectOnError,
    });
  }
}
