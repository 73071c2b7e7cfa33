import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { startNats } from '../../tests/servers/nats.ts';
import { startRabbitmq } from '../../tests/servers/rabbitmq.ts';
import { startRedis } from '../../tests/servers/redis.ts';
import { median } from '../fanout/median.ts';
import { CONTENDERS } from './contender.ts';
import type { ContenderName, ServiceName } from './contender.ts';
import { measureFlood, measureLatencies, measureStart } from './measure.ts';
import type { Scenario } from './measure.ts';

const USAGE = `npm run bench -- brokers [--over NAME] [--only ROW] [--quick] [--rounds N]

  --over NAME  redis (the default), nats or rabbitmq
  --only ROW   A, B, C or D (default all)
  --quick      a third of the time: to see that it runs, not to quote
  --rounds N   rounds of each measurement (default 3); the median counts`;

/** Two minutes of 1,000 messages a second. */
const LOGGED = 120_000;

const ROWS = ['A', 'B', 'C', 'D'] as const;
type RowName = (typeof ROWS)[number];

type Round = ReadonlyMap<ContenderName, number>;

interface Row {
  readonly title: string;
  readonly unit: string;
  readonly rounds: readonly Round[];
}

type Rows = readonly [batch: Row, wide: Row, p50: Row, p99: Row, start: Row];

/** Divided within each round, so that what disturbs a whole round disturbs no ratio. Of each round in which both were measured. */
function ratios({ rounds }: Row, one: ContenderName, other: ContenderName): number[] {
  return rounds
    .map((round) => (round.get(one) ?? Number.NaN) / (round.get(other) ?? Number.NaN))
    .filter(Number.isFinite);
}

/** Runs `measure` for each contender in turn, each round beginning with another one. */
async function alternate<Result>(
  { title, rounds, over }: { readonly title: string; readonly rounds: number; readonly over: ServiceName },
  measure: (contender: ContenderName) => Promise<Result>,
): Promise<ReadonlyMap<ContenderName, Result>[]> {
  const results: ReadonlyMap<ContenderName, Result>[] = [];
  for (let round = 0; round < rounds; round++) {
    const values = new Map<ContenderName, Result>();
    const contenders = CONTENDERS[over];
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(round + turn) % contenders.length]!;
      console.error(`  ${title}: round ${round + 1} of ${rounds}, ${contender}`);
      values.set(contender, await measure(contender));
    }
    results.push(values);
  }
  return results;
}

const START = {
  redis: () => startRedis({ appendOnly: false }),
  nats: () => startNats(),
  rabbitmq: () => startRabbitmq(),
};

/** What was measured of each contender, sorted. */
type Samples = ReadonlyMap<ContenderName, readonly number[]>;

/** Latencies of single messages, each round with new processes and a new server. */
async function singles(how: {
  readonly over: ServiceName;
  readonly rounds: number;
  readonly count: number;
}): Promise<Samples[]> {
  const { over, rounds, count } = how;
  const results: Samples[] = [];
  for (let round = 0; round < rounds; round++) {
    console.error(`  C  one message at a time: round ${round + 1} of ${rounds}, all in turn`);
    const server = await START[over]();
    try {
      results.push(await measureLatencies(CONTENDERS[over], { name: over, url: server.url }, count));
    } finally {
      await server.stop();
    }
  }
  return results;
}

function percentile(round: Samples, part: number): Round {
  return new Map(Array.from(round, ([contender, sorted]) => [contender, sorted[Math.floor(sorted.length * part)]!]));
}

/** What is asked for. `rounds`: of each of the rows, 0 of those that are not wanted. */
interface Asked {
  readonly over: ServiceName;
  readonly rounds: Readonly<Record<RowName, number>>;
  readonly scale: number;
}

async function measureAll({ over, rounds, scale }: Asked): Promise<Rows> {
  const flood = async (row: RowName, title: string, scenario: Scenario): Promise<Row> => ({
    title,
    unit: 'k/s',
    rounds: await alternate({ title, rounds: rounds[row], over }, async (contender) => {
      const server = await START[over]();
      try {
        return (await measureFlood(contender, { name: over, url: server.url }, scenario)).perSecond / 1_000;
      } finally {
        await server.stop();
      }
    }),
  });
  const batch = await flood('A', 'A  100 messages a tick, one channel', {
    channels: 1,
    perChannel: 100,
    ms: 4_000 * scale,
  });
  const wide = await flood('B', 'B  1 message a tick in each of 10,000 channels', {
    channels: 10_000,
    perChannel: 1,
    ms: 4_000 * scale,
  });
  const latencies = await singles({ over, rounds: rounds.C, count: Math.round(1_000 * scale) });
  const starts: Round[] = [];
  for (let round = 0; round < rounds.D; round++) {
    console.error(`  D  start of a node: round ${round + 1} of ${rounds.D}, rt log`);
    const server = await START[over]();
    try {
      starts.push(new Map([['rt log', await measureStart('rt log', { name: over, url: server.url }, LOGGED)]]));
    } finally {
      await server.stop();
    }
  }
  return [
    batch,
    wide,
    {
      title: 'C  one message at a time, latency p50',
      unit: 'µs',
      rounds: latencies.map((round) => percentile(round, 0.5)),
    },
    { title: '   latency p99', unit: 'µs', rounds: latencies.map((round) => percentile(round, 0.99)) },
    { title: 'D  start to healthy, 120,000 messages in the log', unit: 'ms', rounds: starts },
  ];
}

function digits(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function table(over: ServiceName, rows: readonly Row[]): string {
  const cells = [
    ['', '', ...CONTENDERS[over]],
    ...rows
      .filter(({ rounds }) => rounds.length > 0)
      .map(({ title, unit, rounds }) => [
        title,
        unit,
        ...CONTENDERS[over].map((contender) =>
          digits(median(rounds.map((round) => round.get(contender) ?? Number.NaN))),
        ),
      ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[at]!))).join('  '))
    .join('\n');
}

/** The median, and between what single rounds were. Empty where nothing was measured for it. */
function target(title: string, rounds: readonly number[], isMet: (ratio: number) => boolean): string {
  if (rounds.length === 0) return '';
  const middle = median(rounds);
  const spread = `${Math.min(...rounds).toFixed(2)} to ${Math.max(...rounds).toFixed(2)}`;
  return `${isMet(middle) ? 'met    ' : 'NOT MET'}  ${title}: ${middle.toFixed(2)} (${spread})`;
}

function atLeast(least: number): (ratio: number) => boolean {
  return (ratio) => ratio >= least;
}

function atMost(most: number): (ratio: number) => boolean {
  return (ratio) => ratio <= most;
}

function targets([batch, , p50]: Rows): string[] {
  const [bus, log] = [ratios(batch, 'rt bus', 'bare bus'), ratios(batch, 'rt log', 'bare log')];
  const [busBeside, logBeside] = [ratios(batch, 'rt bus', 'socket-io'), ratios(batch, 'rt log', 'socket-io')];
  const [busLatency, logLatency] = [ratios(p50, 'rt bus', 'bare bus'), ratios(p50, 'rt log', 'bare log')];
  return [
    target('A: the bus carries at least 0.6 × what the bare skeleton does', bus, atLeast(0.6)),
    target('A: the log carries at least 0.6 × what the bare skeleton does', log, atLeast(0.6)),
    target('A: the bus carries at least 5 × what Socket.IO’s adapter does', busBeside, atLeast(5)),
    target('A: the log carries at least 5 × what Socket.IO’s adapter does', logBeside, atLeast(5)),
    target('C: p50 on the bus is at most 1.3 × that of the bare driver', busLatency, atMost(1.3)),
    target('C: p50 on the log is at most 1.3 × that of the bare driver', logLatency, atMost(1.3)),
  ];
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      over: { type: 'string', default: 'redis' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string', default: '3' },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new TypeError('--rounds takes a whole number from 1');
  const over = (Object.keys(CONTENDERS) as ServiceName[]).find((name) => name === values.over);
  if (over === undefined) throw new TypeError('--over takes redis, nats or rabbitmq');
  const { only } = values;
  if (only !== undefined && !ROWS.some((row) => row === only)) throw new TypeError('--only takes A, B, C or D');
  const wanted = (row: RowName): number => (only === undefined || only === row ? rounds : 0);
  const rows = await measureAll({
    over,
    rounds: { A: wanted('A'), B: wanted('B'), C: wanted('C'), D: wanted('D') },
    scale: values.quick ? 1 / 3 : 1,
  });
  const machine = `Node ${process.versions.node}, ${availableParallelism()} cores`;
  console.log(
    `\n${machine}, two nodes and ${over} on them, medians of ${rounds} alternating rounds; every message arrived\n`,
  );
  console.log(table(over, rows));
  console.log(`\n${targets(rows).filter(Boolean).join('\n')}`);
}

// A benchmark reports: exit code 1 means that the measurement failed, 2 that the arguments are wrong, not that a number is low.
try {
  await run();
} catch (error) {
  const isUsage = error instanceof TypeError;
  console.error(isUsage ? `${error.message}\n\n${USAGE}` : error);
  process.exit(isUsage ? 2 : 1);
}
