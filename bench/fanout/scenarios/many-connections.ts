import { CONTENDERS } from '../contender.ts';
import type { ContenderName } from '../contender.ts';
import type { LoadCommands } from '../load.ts';
import { median } from '../median.ts';
import { Remote } from '../remote.ts';
import { startServer, subscribed } from '../server.ts';

/** Connections of one load process, well below the usual limit of open files. */
const PER_LOAD = 5_000;
/** Load processes that share a source address: it has some 28,000 ports to one server. */
const LOADS_PER_ADDRESS = 4;
const BROADCASTS = 5;

/** What so many connections on one server process took. */
export interface ManyConnections {
  readonly contender: ContenderName;
  readonly connections: number;
  readonly openMs: number;
  readonly heapKb: number;
  readonly rssKb: number;
  /** From the call of broadcast to the last client, the median of several. */
  readonly broadcastMs: number;
}

/** Opens `connections` on one server process of each contender, and sends messages to all. Rejects where one client missed one. */
export async function measureManyConnections(connections: number): Promise<ManyConnections[]> {
  const results: ManyConnections[] = [];
  for (const contender of CONTENDERS) {
    console.error(`  ${connections} connections, ${contender}`);
    results.push(await openMany(contender, connections));
  }
  return results;
}

async function openMany(contender: ContenderName, connections: number): Promise<ManyConnections> {
  const server = await startServer(contender);
  const parts = Array.from({ length: Math.ceil(connections / PER_LOAD) }, (_, index) => ({
    load: new Remote<LoadCommands>(new URL('../load.ts', import.meta.url)),
    route: { contender, port: server.port, ...sourceOf(index) },
    count: Math.min(PER_LOAD, connections - index * PER_LOAD),
  }));
  const each = (work: (part: (typeof parts)[number]) => Promise<unknown>) => Promise.all(parts.map(work));
  try {
    const before = await server.remote.call('memory', null);
    const openedFrom = performance.now();
    await each(({ load, route, count }) => load.call('open', { ...route, count }));
    await subscribed(server, connections);
    const openMs = performance.now() - openedFrom;
    const after = await server.remote.call('memory', null);
    const broadcastMs: number[] = [];
    for (let broadcast = 0; broadcast < BROADCASTS; broadcast++) {
      await each(({ load }) => load.call('reset', { contender }));
      const sentFrom = performance.now();
      await server.remote.call('pace', { messages: 1, ticks: 1, intervalMs: 0 });
      await each(({ load }) => load.call('arrival', { contender, perClient: 1 }));
      broadcastMs.push(performance.now() - sentFrom);
      await each(({ load }) => load.call('verify', { contender, perClient: 1 }));
    }
    const perConnection = (bytes: number): number => bytes / connections / 1000;
    return {
      contender,
      connections,
      openMs,
      heapKb: perConnection(after.heap - before.heap),
      rssKb: perConnection(after.rss - before.rss),
      broadcastMs: median(broadcastMs),
    };
  } finally {
    await each(({ load }) => load.end());
    await server.remote.end();
  }
}

/** The usual source for the first load processes, then 127.0.0.2 and on, which Linux has without being told. */
function sourceOf(index: number): { readonly localAddress?: string } {
  const source = Math.floor(index / LOADS_PER_ADDRESS);
  return source === 0 ? {} : { localAddress: `127.0.0.${1 + source}` };
}
