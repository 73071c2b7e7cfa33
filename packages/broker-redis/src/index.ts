/** The Redis broker of rt: messages between nodes, and a log that outlives them. See `docs/brokers/redis.md`. */
export type { RedisAddress, RedisBrokerOptions } from './options.ts';
export { redisBroker } from './redis-broker.ts';
