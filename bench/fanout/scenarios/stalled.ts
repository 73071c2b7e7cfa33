import type { ContenderCommands, Pace } from '../contender.ts';
import type { Latency } from '../latency-recorder.ts';
import type { LoadCommands } from '../load.ts';
import type { BenchOptions } from '../options.ts';
import { Remote } from '../remote.ts';
import { subscribed } from '../server.ts';
import type { Server } from '../server.ts';
import { StalledReader } from '../stalled-reader.ts';

const HEALTHY = 200;
/** Some 18 MB: more than the kernel and the server keep for one connection. */
const FILLING = { messages: 1, ticks: 300, intervalMs: 0 };
/** Less than the 5 s after which the server ends a reader that takes nothing. */
const MEASURED = { messages: 1, ticks: 300, intervalMs: 10 };
/** A p99 stands on a few ticks, so it takes more rounds than a mean. */
const ROUNDS_FACTOR = 2;

/** The p99 latency of healthy readers of one server in microseconds, round by round. */
export interface BesideStalled {
  readonly healthy: number;
  /** Everybody reads. */
  readonly without: readonly number[];
  /** One more does not. */
  readonly beside: readonly number[];
}

/** Whether one reader that stalls is felt by the others: with and without it in turn, on one server, under the same load. */
export async function measureStalled({ rounds, scale }: BenchOptions): Promise<BesideStalled> {
  const load = new Remote<LoadCommands>(new URL('../load.ts', import.meta.url));
  const remote = new Remote<ContenderCommands>(new URL('../contenders/rt-with-bulk.ts', import.meta.url));
  const result = { healthy: HEALTHY, without: [] as number[], beside: [] as number[] };
  try {
    const server: Server = { contender: 'rt', remote, port: await remote.call('listen', null) };
    await load.call('open', { contender: 'rt', port: server.port, count: HEALTHY });
    await subscribed(server, HEALTHY);
    await p99(load, server, scale);
    for (let round = 0; round < rounds * ROUNDS_FACTOR; round++) {
      console.error(`  a stalled reader: round ${round + 1} of ${rounds * ROUNDS_FACTOR}`);
      for (const turn of round % 2 === 0 ? (['without', 'beside'] as const) : (['beside', 'without'] as const)) {
        const stalled = turn === 'beside' ? await StalledReader.open(server.port) : undefined;
        await subscribed(server, stalled === undefined ? HEALTHY : HEALTHY + 1);
        try {
          result[turn].push(await p99(load, server, scale));
        } finally {
          stalled?.close();
        }
      }
    }
    return result;
  } finally {
    await Promise.all([load.end(), remote.end()]);
  }
}

/** Fills whoever does not read, sees that nobody counts who does not, and then measures. */
async function p99(load: Remote<LoadCommands>, server: Server, scale: number): Promise<number> {
  await paced(load, server, FILLING);
  await subscribed(server, HEALTHY);
  const latency = await paced(load, server, { ...MEASURED, ticks: Math.round(MEASURED.ticks * scale) });
  return latency?.p99 ?? Number.NaN;
}

/** Runs a steady load; rejects unless every delivery arrived exactly once. */
async function paced(load: Remote<LoadCommands>, { contender, remote }: Server, pace: Pace): Promise<Latency | null> {
  await load.call('reset', { contender, withLatency: true });
  const { ticks } = await remote.call('pace', pace);
  await load.call('arrival', { contender, perClient: ticks });
  return await load.call('verify', { contender, perClient: ticks });
}
