import type { RedisOptions as AnyRedisOptions, Redis } from 'ioredis';

/** Options of ioredis; replies keep the shape that it gives them by default. */
export type RedisOptions = Omit<AnyRedisOptions, 'replyMapping'>;

const MAX_BACKOFF_MS = 1_000;

/** Time until the next attempt: up to 50 ms at first, doubled each time. Random, so that nodes don't come all at once. */
export function backoff(attempt: number): number {
  return 20 + Math.random() * Math.min(MAX_BACKOFF_MS, 50 * 2 ** Math.min(attempt, 8));
}

/** What connections must be like, whatever else they are told. */
export const OURS = {
  lazyConnect: true,
  // What can't be sent now is refused: whoever wants it knows for how long.
  enableOfflineQueue: false,
  // An append that is sent twice may be done twice.
  autoResendUnfulfilledCommands: false,
  // What is sent when the connection goes is rejected then, not when it is back.
  maxRetriesPerRequest: 0,
  autoResubscribe: false,
  enableAutoPipelining: false,
  // Names are ours to the last letter: scripts and feeds take no prefix.
  keyPrefix: '',
  connectTimeout: 4_000,
  // A sentinel that stands still is not waited for: there are others.
  sentinelCommandTimeout: 1_000,
  maxLoadingRetryTime: 250,
} satisfies RedisOptions;

/**
 * Gives up a connection, and makes it anew. One that is being made is left alone: it has a time limit of its own, and where sentinels are
 * asked the library would end its client for good.
 */
export function connectAnew(client: Redis): void {
  if (client.status !== 'connecting') client.disconnect(true);
}

/** After a failover the old master refuses writes: the new one is found by connecting again. */
export const reconnectOnError = (error: Error): boolean => error.message.startsWith('READONLY');
