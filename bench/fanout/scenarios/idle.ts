import type { ContenderName } from '../contender.ts';
import type { LoadCommands } from '../load.ts';
import type { BenchOptions } from '../options.ts';
import { Remote } from '../remote.ts';
import type { Row } from '../report.ts';
import { alternate, roundsOf } from '../rounds.ts';
import { startServer, subscribed } from '../server.ts';

const CONNECTIONS = 2_000;
/** Opened and closed first: code is compiled and tables grow with the first connections, not with each. */
const FIRST = 200;

interface PerConnection {
  readonly heap: number;
  readonly rss: number;
}

/** What an idle connection with one subscription keeps in memory: a fresh server process for each reading. */
export async function measureIdle({ rounds }: BenchOptions): Promise<Row[]> {
  const results = await alternate(`${CONNECTIONS} idle connections`, rounds, memoryPerConnection);
  return [
    {
      id: 'heap',
      title: 'D  heap per idle connection, one subscription',
      unit: 'KB',
      rounds: roundsOf(results, ({ heap }) => heap / 1000),
    },
    {
      id: 'rss',
      title: 'D  resident memory per idle connection',
      unit: 'KB',
      rounds: roundsOf(results, ({ rss }) => rss / 1000),
    },
  ];
}

async function memoryPerConnection(contender: ContenderName): Promise<PerConnection> {
  const load = new Remote<LoadCommands>(new URL('../load.ts', import.meta.url));
  const server = await startServer(contender);
  const route = { contender, port: server.port };
  try {
    await load.call('open', { ...route, count: FIRST });
    await subscribed(server, FIRST);
    await load.call('close', contender);
    await subscribed(server, 0);
    const before = await server.remote.call('memory', null);
    await load.call('open', { ...route, count: CONNECTIONS });
    await subscribed(server, CONNECTIONS);
    const after = await server.remote.call('memory', null);
    return { heap: (after.heap - before.heap) / CONNECTIONS, rss: (after.rss - before.rss) / CONNECTIONS };
  } finally {
    await Promise.all([load.end(), server.remote.end()]);
  }
}
