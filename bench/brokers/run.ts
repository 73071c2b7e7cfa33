import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { startRedis } from '../../tests/servers/redis.ts';
import { median } from '../fanout/median.ts';
import { CONTENDERS } from './contender.ts';
import type { ContenderName } from './contender.ts';
import { measureFlood, measureLatency } from './measure.ts';
import type { Scenario } from './measure.ts';

const USAGE = `npm run bench -- brokers [--quick] [--rounds N]

  --quick      a third of the time: to see that it runs, not to quote
  --rounds N   rounds of each measurement (default 3); the median counts`;

type Round = ReadonlyMap<ContenderName, number>;

interface Row {
  readonly title: string;
  readonly unit: string;
  readonly rounds: readonly Round[];
}

/** Divided within each round, so that what disturbs a whole round disturbs no ratio. */
function ratio({ rounds }: Row, one: ContenderName, other: ContenderName): number {
  return median(rounds.map((round) => (round.get(one) ?? Number.NaN) / (round.get(other) ?? Number.NaN)));
}

/** Runs `measure` for each contender in turn, each round beginning with another one. */
async function alternate<Result>(
  title: string,
  rounds: number,
  measure: (contender: ContenderName) => Promise<Result>,
): Promise<ReadonlyMap<ContenderName, Result>[]> {
  const results: ReadonlyMap<ContenderName, Result>[] = [];
  for (let round = 0; round < rounds; round++) {
    const values = new Map<ContenderName, Result>();
    for (let turn = 0; turn < CONTENDERS.length; turn++) {
      const contender = CONTENDERS[(round + turn) % CONTENDERS.length]!;
      console.error(`  ${title}: round ${round + 1} of ${rounds}, ${contender}`);
      values.set(contender, await measure(contender));
    }
    results.push(values);
  }
  return results;
}

function pick(round: ReadonlyMap<ContenderName, readonly [number, number]>, index: 0 | 1): Round {
  return new Map(Array.from(round, ([contender, values]) => [contender, values[index]]));
}

async function measureAll(rounds: number, scale: number): Promise<readonly [Row, Row, Row, Row]> {
  const flood = async (title: string, scenario: Scenario): Promise<Row> => ({
    title,
    unit: 'k/s',
    rounds: await alternate(title, rounds, async (contender) => {
      const redis = await startRedis({ appendOnly: false });
      try {
        return (await measureFlood(contender, redis.url, scenario)).perSecond / 1_000;
      } finally {
        await redis.stop();
      }
    }),
  });
  const batch = await flood('A  100 messages a tick, one channel', { channels: 1, perChannel: 100, ms: 4_000 * scale });
  const wide = await flood('B  1 message a tick in each of 10,000 channels', {
    channels: 10_000,
    perChannel: 1,
    ms: 4_000 * scale,
  });
  const latencies = await alternate('C  one message at a time', rounds, async (contender) => {
    const redis = await startRedis({ appendOnly: false });
    try {
      const sorted = await measureLatency(contender, redis.url, Math.round(1_000 * scale));
      return [sorted[Math.floor(sorted.length * 0.5)]!, sorted[Math.floor(sorted.length * 0.99)]!] as const;
    } finally {
      await redis.stop();
    }
  });
  return [
    batch,
    wide,
    { title: 'C  one message at a time, latency p50', unit: 'µs', rounds: latencies.map((round) => pick(round, 0)) },
    { title: '   latency p99', unit: 'µs', rounds: latencies.map((round) => pick(round, 1)) },
  ];
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function table(rows: readonly Row[]): string {
  const cells = [
    ['', '', ...CONTENDERS],
    ...rows.map(({ title, unit, rounds }) => [
      title,
      unit,
      ...CONTENDERS.map((contender) => digits(median(rounds.map((round) => round.get(contender) ?? Number.NaN)))),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[at]!))).join('  '))
    .join('\n');
}

function target(title: string, value: number, isMet: boolean): string {
  return `${isMet ? 'met    ' : 'NOT MET'}  ${title}: ${value.toFixed(2)}`;
}

function targets([batch, , p50]: readonly [Row, Row, Row, Row]): string[] {
  const bus = ratio(batch, 'rt bus', 'ioredis bus');
  const log = ratio(batch, 'rt log', 'ioredis log');
  const busBeside = ratio(batch, 'rt bus', 'socket-io');
  const logBeside = ratio(batch, 'rt log', 'socket-io');
  const busLatency = ratio(p50, 'rt bus', 'ioredis bus');
  const logLatency = ratio(p50, 'rt log', 'ioredis log');
  return [
    target('A: the bus carries at least 0.6 × what the bare skeleton does', bus, bus >= 0.6),
    target('A: the log carries at least 0.6 × what the bare skeleton does', log, log >= 0.6),
    target('A: the bus carries at least 5 × what Socket.IO’s adapter does', busBeside, busBeside >= 5),
    target('A: the log carries at least 5 × what Socket.IO’s adapter does', logBeside, logBeside >= 5),
    target('C: p50 on the bus is at most 1.3 × that of the bare driver', busLatency, busLatency <= 1.3),
    target('C: p50 on the log is at most 1.3 × that of the bare driver', logLatency, logLatency <= 1.3),
  ];
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string', default: '3' } },
  });
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new TypeError('--rounds takes a whole number from 1');
  const rows = await measureAll(rounds, values.quick ? 1 / 3 : 1);
  const machine = `Node ${process.versions.node}, ${availableParallelism()} cores`;
  console.log(
    `\n${machine}, two nodes and Redis on them, medians of ${rounds} alternating rounds; every message arrived\n`,
  );
  console.log(table(rows));
  console.log(`\n${targets(rows).join('\n')}`);
}

// A benchmark reports: exit code 1 means that the measurement failed, 2 that the arguments are wrong, not that a number is low.
try {
  await run();
} catch (error) {
  const isUsage = error instanceof TypeError;
  console.error(isUsage ? `${error.message}\n\n${USAGE}` : error);
  process.exit(isUsage ? 2 : 1);
}
