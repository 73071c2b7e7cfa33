import type { Redis } from 'ioredis';
import { reasonOf } from './failure.ts';

/** What sentinels publish when another server has become the master: `<name> <host> <port> <new host> <new port>`. */
const SWITCHED = '+switch-master';

/** What a watch of sentinels tells. */
export interface SentinelWatchHost {
  /** The master is at this address now. Each sentinel tells it. */
  switched(host: string, port: number): void;
  /** A sentinel does not let us listen. */
  refused(reason: string): void;
}

/**
 * Hears from `sentinels`, which are not connected to yet, when another server is the master `name`. After a failover by hand the old one
 * lives on, and for some ten seconds takes what will be lost when it is made a replica. Returns what ends the watch.
 */
export function watchSentinels(sentinels: readonly Redis[], name: string, host: SentinelWatchHost): () => void {
  for (const sentinel of sentinels) {
    // One that is away is tried again, and the others tell meanwhile.
    sentinel.on('error', () => undefined);
    sentinel.on('ready', () => {
      sentinel.subscribe(SWITCHED).catch((error: unknown) => host.refused(reasonOf(error)));
    });
    sentinel.on('message', (_channel, text) => {
      const [master, , , to = '', port] = text.split(' ');
      if (master === name) host.switched(to, Number(port));
    });
    sentinel.connect().catch(() => undefined);
  }
  return () => {
    for (const sentinel of sentinels) sentinel.disconnect();
  };
}
