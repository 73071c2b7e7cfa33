import type { Connection } from './connection.ts';
import { TokenBucket } from './token-bucket.ts';

/** The rates of single events, for the connections that send events which have one. */
export class EventRates {
  readonly #buckets = new WeakMap<Connection, Map<string, TokenBucket>>();

  /** Takes one of `perMinute` for `event`: 0 where there was one, else the milliseconds until there will be one. */
  take(connection: Connection, event: string, perMinute: number, now: number): number {
    const buckets = this.#buckets.get(connection) ?? new Map<string, TokenBucket>();
    this.#buckets.set(connection, buckets);
    // Rules of other channels may allow the same event another rate.
    const key = `${perMinute} ${event}`;
    const bucket = buckets.get(key) ?? new TokenBucket(perMinute, perMinute, now);
    buckets.set(key, bucket);
    return bucket.take(now);
  }
}
