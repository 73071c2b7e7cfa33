import type { Redis } from 'ioredis';
import { backoff, connectAnew, OURS, reconnectOnError } from './connection-settings.ts';
import type { RedisOptions } from './connection-settings.ts';
import type { Connections, Master, MasterWatchHost } from './connections.ts';
import { BUCKETS } from './names.ts';
import { watchSentinels } from './sentinel-watch.ts';
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
    return this.#sentinels(ASKING);
  }

  watch(watcher: MasterWatchHost): () => void {
    const listening = { ...OURS, enableReadyCheck: false, connectionName: 'rt-sentinel', retryStrategy: backoff };
    return watchSentinels(this.#sentinels(listening), this.commands.options.name ?? '', {
      switched: (host, port) => {
        const { remoteAddress, remotePort } = this.commands.stream;
        if (remoteAddress !== host || remotePort !== port) watcher.moved();
      },
      refused: (reason) => watcher.refused(reason),
    });
  }

  refresh(): void {
    // There is one server, at the address that was given or that the sentinels tell.
  }

  reconnect(): void {
    connectAnew(this.commands);
  }

  /** New connections to the sentinels, where there are any. */
  #sentinels(settings: RedisOptions): readonly Redis[] {
    const { sentinels, sentinelUsername, sentinelPassword, sentinelTLS } = this.commands.options;
    const login = { username: sentinelUsername, password: sentinelPassword, tls: sentinelTLS, db: 0 };
    return (sentinels ?? []).map(({ host, port = 26_379 }) =>
      this.#make({ ...settings, ...login, host, port, sentinels: undefined }),
    );
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
