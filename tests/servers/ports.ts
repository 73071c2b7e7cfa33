import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Where the servers of tests listen, unless told otherwise. */
export const LOOPBACK = '127.0.0.1';

/**
 * Below what systems hand out to outgoing connections (32,768 and on), so that a port stays free while its server is down,
 * and so low that a Redis Cluster's second port (10,000 above) is there too.
 */
const LOWEST = 10_000;
const HIGHEST = 22_767;
const TRIES = 100;
/**
 * Each worker of the tests has ports of its own, and none gives one out twice: a server that a test has killed must not be another's the
 * next moment. Workers beyond these share.
 */
const WORKERS = 32;
const PORTS = Math.floor((HIGHEST + 1 - LOWEST) / WORKERS);
const [first, last] = ownPorts(process.env['VITEST_POOL_ID']);
const given = new Set<number>();

/** A port of 127.0.0.1 on which nothing listens, also not on the ports that lie `offsets` above it. */
export async function freePort(offsets: readonly number[] = []): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const port = randomInt(first, last + 1);
    if (given.has(port)) continue;
    given.add(port);
    // oxlint-disable-next-line no-await-in-loop -- one after the other until one is free
    const free = await Promise.all([0, ...offsets].map((offset) => isFree(port + offset)));
    if (!free.includes(false)) return port;
  }
  throw new Error(`no free port found between ${first} and ${last} in ${TRIES} tries`);
}

/** The first and the last port of a worker; all there are where the process is none. */
function ownPorts(worker: string | undefined): readonly [first: number, last: number] {
  if (worker === undefined) return [LOWEST, HIGHEST];
  const from = LOWEST + ((Number(worker) - 1) % WORKERS) * PORTS;
  return [from, from + PORTS - 1];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, LOOPBACK);
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
