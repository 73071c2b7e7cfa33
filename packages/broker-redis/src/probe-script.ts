/**
 * Publishes a probe, and writes: a server that takes no writes, as an old master after a failover, does not answer as one that is well.
 * DEL, because it needs no memory: one that is full still serves.
 *
 * KEYS: the name of the probe, which is never set. ARGV: the payload.
 */
export const PROBE = `
redis.call('DEL', KEYS[1])
redis.call('SPUBLISH', KEYS[1], ARGV[1])
return 1
`;
