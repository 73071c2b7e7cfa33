import type { BenchOptions } from '../options.ts';
import type { Row } from '../report.ts';
import { alternate, roundsOf } from '../rounds.ts';
import type { Outcome } from '../stage.ts';
import { Stage } from '../stage.ts';

const SUBSCRIBERS = 500;
/** Enough that a server is never idle for want of a receiver, little enough that nobody is a slow reader. */
const FLOOD_WINDOW = 16;

const cpuPerDelivery = ({ serverCpu, deliveries }: Outcome): number => serverCpu / deliveries;

/** What it costs to deliver: 500 subscribers who stay connected to each server, one server working at a time. */
export async function measureDelivery({ rounds, scale }: BenchOptions): Promise<Row[]> {
  const stage = new Stage(SUBSCRIBERS);
  const ticks = (count: number): number => Math.round(count * scale);
  const many = { messages: 10, ticks: ticks(60), intervalMs: 50 };
  const single = { messages: 1, ticks: ticks(150), intervalMs: 20 };
  const modest = { messages: 1, ticks: ticks(120), intervalMs: 20 };
  const flood = { messages: 10, durationMs: 2_000 * scale, window: FLOOD_WINDOW };
  try {
    await stage.open();
    // Servers that run for days are measured, not their first seconds: one that does less in a tick is compiled later.
    await alternate('warm-up', 1, async (contender) => {
      await stage.pace(contender, { ...many, ticks: 120 });
      await stage.pace(contender, { ...single, ticks: 150 });
    });
    const ofMany = await alternate('10 messages a tick', rounds, (contender) => stage.pace(contender, many));
    const ofSingle = await alternate('1 message a tick', rounds, (contender) => stage.pace(contender, single));
    const ofModest = await alternate('latency', rounds, (contender) =>
      stage.pace(contender, modest, { withLatency: true }),
    );
    const ofFlood = await alternate('full speed', rounds, (contender) => stage.flood(contender, flood));
    const latency = (part: 'p50' | 'p99') => roundsOf(ofModest, (outcome) => outcome.latency?.[part] ?? Number.NaN);
    return [
      {
        id: 'cpu-10',
        title: 'A  server CPU per delivery, 10 messages a tick',
        unit: 'µs',
        rounds: roundsOf(ofMany, cpuPerDelivery),
      },
      {
        id: 'cpu-1',
        title: 'B  server CPU per delivery, 1 message a tick',
        unit: 'µs',
        rounds: roundsOf(ofSingle, cpuPerDelivery),
      },
      { id: 'p50', title: 'C  latency p50, 50 messages a second', unit: 'µs', rounds: latency('p50') },
      { id: 'p99', title: 'C  latency p99, 50 messages a second', unit: 'µs', rounds: latency('p99') },
      {
        id: 'speed',
        title: 'E  deliveries a second at full speed, as A',
        unit: 'k/s',
        rounds: roundsOf(ofFlood, ({ deliveries, milliseconds }) => deliveries / milliseconds),
      },
      {
        id: 'cpu-speed',
        title: '   server CPU per delivery meanwhile',
        unit: 'µs',
        rounds: roundsOf(ofFlood, cpuPerDelivery),
      },
      {
        id: 'load',
        title: '   the load process meanwhile, part of one core',
        unit: '%',
        rounds: roundsOf(ofFlood, ({ loadCpu, milliseconds }) => loadCpu / milliseconds / 10),
      },
    ];
  } finally {
    await stage.close();
  }
}
