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

/** A port of 127.0.0.1 on which nothing listens, also not on the ports that lie `offsets` above it. */
export async function freePort(offsets: readonly number[] = []): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    // oxlint-disable-next-line no-await-in-loop -- one after the other until one is free
    const free = await Promise.all([0, ...offsets].map((offset) => isFree(port + offset)));
    if (!free.includes(false)) return port;
  }
  throw new Error(`no free port found between ${LOWEST} and ${HIGHEST} in ${TRIES} tries`);
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
