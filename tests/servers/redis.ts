import type { Certificate } from './certificate.ts';
import { redisCommand } from './redis-command.ts';
import type { RedisAddress } from './redis-command.ts';
import { quoted, RedisServer } from './redis-server.ts';
import type { Redis, RedisConfig } from './redis-server.ts';
import { until } from './until.ts';

export type { Redis, RedisServer } from './redis-server.ts';

export interface RedisOptions {
  /** Keeps everything acknowledged on disk, so that it survives `kill()` and `restart()`. Default true. */
  readonly appendOnly?: boolean;
  /** What clients have to know. Default none. */
  readonly password?: string | undefined;
  /** Its certificate, which it also trusts: everything goes over TLS, and nothing listens for plain TCP. Default: no TLS. */
  readonly tls?: Certificate | undefined;
  /** For instance `50mb`. Default no limit. */
  readonly maxMemory?: string;
  /** What to throw away at `maxMemory`. Default `noeviction`: writes are refused. */
  readonly maxMemoryPolicy?: string;
  /** Further settings as in redis.conf. They win over the others. */
  readonly config?: RedisConfig;
  /** Other ports that must be free, as distances from its own. Default none. */
  readonly portOffsets?: readonly number[];
}

/** The settings of a data-holding Redis. */
function redisConfig(options: RedisOptions): RedisConfig {
  const { appendOnly = true, password, maxMemory, maxMemoryPolicy, config } = options;
  return {
    save: '""',
    appendonly: appendOnly ? 'yes' : 'no',
    // A replica's first copy begins at once instead of after 5 s.
    'repl-diskless-sync-delay': '0',
    ...(password === undefined ? {} : { requirepass: quoted(password), masterauth: quoted(password) }),
    ...(maxMemory === undefined ? {} : { maxmemory: maxMemory }),
    ...(maxMemoryPolicy === undefined ? {} : { 'maxmemory-policy': maxMemoryPolicy }),
    ...config,
  };
}

/** Starts a Redis for one test or file. Always one of our own, so that it can be killed and paused. */
export function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const { password, portOffsets = [], tls } = options;
  return RedisServer.start({ config: redisConfig(options), portOffsets, password, tls });
}

/** Starts a replica of `master`, over TLS where the master is for TLS, and waits until it has the same data and follows. */
export async function startRedisReplica(master: RedisServer, options: RedisOptions = {}): Promise<RedisServer> {
  const { host, port, password, tls } = master;
  const config = { replicaof: `${host} ${port}`, ...options.config };
  const replica = await startRedis({ password, tls, ...options, config });
  try {
    await until('the replica follows its master', async () =>
      String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
    );
  } catch (error) {
    await replica.stop();
    throw error;
  }
  return replica;
}

/** Waits until every replica has said that it has all that was written to `master`. (`WAIT` speaks for its own connection only.) */
export function replicated(master: RedisServer): Promise<void> {
  return until('the replicas have everything', async () => {
    const info = String(await master.command('INFO', 'replication'));
    const written = Number(/^master_repl_offset:(\d+)/m.exec(info)?.[1]);
    const offsets = Array.from(info.matchAll(/^slave\d+:.*offset=(\d+)/gm), ([, offset]) => Number(offset));
    return offsets.length > 0 && offsets.every((offset) => offset >= written);
  });
}

/**
 * The Redis of `REALTIME_TEST_REDIS_URL`, or one of our own where that is not set. For tests that need no faults: they run against
 * any Redis (another version, a managed one), and must use names of their own, for others may use it too.
 */
export async function sharedRedis(): Promise<Redis> {
  const given = process.env['REALTIME_TEST_REDIS_URL'];
  return given === undefined || given === '' ? startRedis() : givenRedis(given);
}

async function givenRedis(text: string): Promise<Redis> {
  const url = new URL(text);
  if (url.protocol !== 'redis:') throw new Error(`REALTIME_TEST_REDIS_URL: ${url.protocol} is not redis:`);
  const address: RedisAddress = {
    host: url.hostname,
    port: url.port === '' ? 6379 : Number(url.port),
    database: Number(url.pathname.slice(1)),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
  };
  try {
    await redisCommand(address, ['PING']);
  } catch (error) {
    throw new Error(`REALTIME_TEST_REDIS_URL: no Redis that can be used at ${url.host}`, { cause: error });
  }
  const stop = (): Promise<void> => Promise.resolve();
  return {
    url: text,
    host: address.host,
    port: address.port,
    command: (...args) => redisCommand(address, args),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
