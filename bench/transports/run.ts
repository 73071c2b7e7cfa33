import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { median } from '../fanout/median.ts';
import type { ContenderName } from './contender.ts';
import { Stage } from './stage.ts';
import type { Outcome } from './stage.ts';

const USAGE = `npm run bench -- transports [--quick] [--rounds N]

  --quick      a third of the time: to see that it runs, not to quote
  --rounds N   rounds of each measurement (default 3); the median counts`;

type Round = ReadonlyMap<ContenderName, number>;

interface Row {
  readonly title: string;
  readonly unit: string;
  readonly rounds: readonly Round[];
}

/** What a row has to show: `one` divided by `other`. */
interface Target {
  readonly title: string;
  readonly row: Row;
  readonly one: ContenderName;
  readonly other: ContenderName;
  readonly atLeast?: number;
  readonly atMost?: number;
}

const STREAMS: readonly ContenderName[] = ['rt websocket', 'rt sse', 'bare sse'];
const POLLS: readonly ContenderName[] = ['rt longpolling', 'socket.io polling'];
const ECHOES: readonly ContenderName[] = [
  'rt websocket',
  'bare ws',
  'rt sse',
  'bare sse',
  'rt longpolling',
  'bare polling',
];
const CALLS: readonly ContenderName[] = ['rt websocket', 'rt sse', 'rt longpolling'];
const SUBSCRIBERS = 500;
const POLLERS = 200;

/** Runs `measure` for each contender in turn, each round beginning with another one. */
async function alternate<Result>(
  title: string,
  contenders: readonly ContenderName[],
  rounds: number,
  measure: (contender: ContenderName) => Promise<Result>,
): Promise<readonly ReadonlyMap<ContenderName, Result>[]> {
  const results: ReadonlyMap<ContenderName, Result>[] = [];
  for (let round = 0; round < rounds; round++) {
    const values = new Map<ContenderName, Result>();
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(round + turn) % contenders.length]!;
      console.error(`  ${title}: round ${round + 1} of ${rounds}, ${contender}`);
      values.set(contender, await measure(contender));
    }
    results.push(values);
  }
  return results;
}

function rowOf<Result>(
  [title, unit]: readonly [title: string, unit: string],
  results: readonly ReadonlyMap<ContenderName, Result>[],
  value: (result: Result) => number,
): Row {
  return {
    title,
    unit,
    rounds: results.map((round) => new Map(Array.from(round, ([name, result]) => [name, value(result)]))),
  };
}

function cpuPerDelivery({ serverCpu, deliveries }: Outcome): number {
  return serverCpu / deliveries;
}

/** Opens a stage, and closes it whatever happens. */
async function onStage<Result>(
  contenders: readonly ContenderName[],
  subscribers: number,
  measure: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const stage = new Stage();
  try {
    await stage.open(contenders, subscribers);
    return await measure(stage);
  } finally {
    await stage.close();
  }
}

async function measureStreams(rounds: number, scale: number): Promise<readonly [Row, Row]> {
  return onStage(STREAMS, SUBSCRIBERS, async (stage) => {
    const many = { messages: 10, ticks: Math.round(60 * scale), intervalMs: 50 };
    const single = { messages: 1, ticks: Math.round(150 * scale), intervalMs: 20 };
    // Servers that run for days are measured, not their first second.
    await alternate('warm-up', STREAMS, 1, async (contender) => {
      await stage.pace(contender, { ...many, ticks: 30 });
      await stage.pace(contender, { ...single, ticks: 75 });
    });
    const ofMany = await alternate('10 messages a tick', STREAMS, rounds, (name) => stage.pace(name, many));
    const ofSingle = await alternate('1 message a tick', STREAMS, rounds, (name) => stage.pace(name, single));
    return [
      rowOf(['A  server CPU per delivery, 10 messages a tick', 'µs'], ofMany, cpuPerDelivery),
      rowOf(['B  server CPU per delivery, 1 message a tick', 'µs'], ofSingle, cpuPerDelivery),
    ];
  });
}

async function measurePolls(rounds: number, scale: number): Promise<readonly [Row, Row, Row]> {
  return onStage(POLLS, POLLERS, async (stage) => {
    const pace = { messages: 10, ticks: Math.round(60 * scale), intervalMs: 100 };
    const flood = { messages: 10, durationMs: 3_000 * scale, window: 32 };
    await alternate('warm-up', POLLS, 1, (contender) => stage.flood(contender, { ...flood, durationMs: 1_500 }));
    const paces = await alternate('polls, 10 messages a tick', POLLS, rounds, (name) => stage.pace(name, pace));
    const floods = await alternate('polls at full speed', POLLS, rounds, (name) => stage.flood(name, flood));
    return [
      rowOf(['C  polls: server CPU per delivery, 10 messages a tick', 'µs'], paces, cpuPerDelivery),
      rowOf(['   deliveries a second at full speed', 'k/s'], floods, (each) => each.deliveries / each.milliseconds),
      rowOf(['   server CPU per delivery meanwhile', 'µs'], floods, cpuPerDelivery),
    ];
  });
}

async function measureEchoes(rounds: number, scale: number): Promise<readonly [Row, Row]> {
  return onStage(ECHOES, 0, async (stage) => {
    const times = Math.round(500 * scale);
    const echoes = await alternate('idle echo', ECHOES, rounds, (contender) =>
      stage.echo({ contender, way: 'echo', times }),
    );
    const calls = await alternate('idle call', CALLS, rounds, (contender) =>
      stage.echo({ contender, way: 'call', times }),
    );
    return [
      rowOf(['D  echo on an idle server, p50', 'µs'], echoes, Number),
      rowOf(['E  a method that answers what it is given, p50', 'µs'], calls, Number),
    ];
  });
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function rowLines({ title, unit, rounds }: Row): readonly string[] {
  const names = [...(rounds[0]?.keys() ?? [])].toSorted();
  return [
    `${title}, ${unit}`,
    ...names.map((name) => {
      const values = rounds.map((round) => round.get(name) ?? Number.NaN);
      return `     ${name.padEnd(18)} ${digits(median(values)).padStart(7)}`;
    }),
  ];
}

function targetLine({ title, row, one, other, atLeast, atMost }: Target): string {
  // Divided within each round, so that what disturbs a whole round disturbs no ratio.
  const value = median(row.rounds.map((round) => (round.get(one) ?? Number.NaN) / (round.get(other) ?? Number.NaN)));
  const isMet = value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY);
  return `${isMet ? 'met    ' : 'NOT MET'}  ${title}: ${value.toFixed(2)}`;
}

async function run(rounds: number, scale: number): Promise<void> {
  const [many, single] = await measureStreams(rounds, scale);
  const [paced, speed, cpu] = await measurePolls(rounds, scale);
  const [echo, call] = await measureEchoes(rounds, scale);
  console.log(
    `\nNode ${process.versions.node}, ${availableParallelism()} cores, medians of ${rounds} alternating rounds`,
  );
  console.log(`${SUBSCRIBERS} subscribers (A, B), ${POLLERS} (C); every delivery arrived\n`);
  for (const row of [many, single, paced, speed, cpu, echo, call]) console.log(rowLines(row).join('\n'));
  const targets: readonly Target[] = [
    {
      title: 'A: CPU of SSE is at most 1.3 × that of WebSocket',
      row: many,
      one: 'rt sse',
      other: 'rt websocket',
      atMost: 1.3,
    },
    {
      title: 'B: CPU of SSE is at most 1.3 × that of WebSocket',
      row: single,
      one: 'rt sse',
      other: 'rt websocket',
      atMost: 1.3,
    },
    { title: 'B: CPU of SSE is at most that of bare SSE', row: single, one: 'rt sse', other: 'bare sse', atMost: 1 },
    {
      title: 'C: long-polling delivers at least 3 × what Socket.IO does',
      row: speed,
      one: 'rt longpolling',
      other: 'socket.io polling',
      atLeast: 3,
    },
    {
      title: 'D: WebSocket takes at most 1.2 × the time of bare ws',
      row: echo,
      one: 'rt websocket',
      other: 'bare ws',
      atMost: 1.2,
    },
    {
      title: 'D: SSE takes at most 1.3 × the time of bare SSE',
      row: echo,
      one: 'rt sse',
      other: 'bare sse',
      atMost: 1.3,
    },
    {
      title: 'D: long-polling takes at most 1.3 × the time of bare polling',
      row: echo,
      one: 'rt longpolling',
      other: 'bare polling',
      atMost: 1.3,
    },
  ];
  console.log(`\n${targets.map(targetLine).join('\n')}`);
}

let rounds = 3;
let scale = 1;
try {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' } } });
  if (values.rounds !== undefined) rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1');
  if (values.quick) scale = 1 / 3;
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(2);
}

try {
  await run(rounds, scale);
} catch (error) {
  console.error('The measurement failed:', error instanceof Error ? error.message : error);
  // Not only exitCode: children that still run would keep this process. They end when it does.
  process.exit(1);
}
