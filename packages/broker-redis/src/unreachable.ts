import type { Redis } from 'ioredis';
import type { RedisOptions } from './connection-settings.ts';
import { reasonOf } from './failure.ts';

/** What a connection that is only there to be refused is like. */
export const ASKING = {
  lazyConnect: true,
  enableReadyCheck: false,
  retryStrategy: null,
  connectTimeout: 1_000,
} satisfies RedisOptions;

/**
 * Why none of `servers` could be reached, each asked once more on a connection of its own, which is not open yet: the clients of a
 * cluster and of sentinels keep to themselves what ended theirs, such as a certificate. `undefined`: all of them answer now.
 */
export async function whyUnreachable(servers: readonly Redis[]): Promise<string | undefined> {
  const reasons = await Promise.all(servers.map(ask));
  const distinct = new Set(reasons.filter((reason) => reason !== undefined));
  return distinct.size === 0 ? undefined : [...distinct].join('; ');
}

async function ask(server: Redis): Promise<string | undefined> {
  let reason = 'the server ended the connection';
  server.on('error', (error) => {
    reason = reasonOf(error);
  });
  try {
    await server.connect();
    return undefined;
  } catch {
    return reason;
  } finally {
    server.disconnect();
  }
}
