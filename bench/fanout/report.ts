import { CONTENDERS } from './contender.ts';
import { median } from './median.ts';
import type { Rounds } from './rounds.ts';
import type { ManyConnections } from './scenarios/many-connections.ts';
import type { BesideStalled } from './scenarios/stalled.ts';

export type RowId = 'cpu-10' | 'cpu-1' | 'p50' | 'p99' | 'speed' | 'cpu-speed' | 'load' | 'heap' | 'rss';

/** One measured quantity of all contenders. */
export interface Row {
  readonly id: RowId;
  readonly title: string;
  readonly unit: string;
  readonly rounds: Rounds;
}

/** Absolute medians first, then the others divided by ours. */
export function rowTable(rows: readonly Row[]): string {
  const others = CONTENDERS.filter((contender) => contender !== 'rt');
  return table([
    ['', '', ...CONTENDERS, ...others.map((contender) => `${contender} / rt`)],
    ...rows.map(({ title, unit, rounds }) => [
      title,
      unit,
      ...CONTENDERS.map((contender) => digits(rounds.median(contender))),
      ...others.map((contender) => `${rounds.ratio(contender).toFixed(2)} ×`),
    ]),
  ]);
}

/** Healthy readers with and without one that stalls. */
export function besideStalledLine({ healthy, without, beside }: BesideStalled): string {
  const [alone, disturbed] = [median(without), median(beside)].map(digits);
  return `F  rt alone: latency p99 of ${healthy} readers ${alone} µs, beside one more that stopped reading ${disturbed} µs`;
}

export function manyConnectionsTable(results: readonly ManyConnections[]): string {
  const columns = ['', 'connections', 'open in s', 'heap KB each', 'RSS KB each', 'one broadcast to all in ms'];
  return table([
    columns,
    ...results.map(({ contender, connections, openMs, heapKb, rssKb, broadcastMs }) => [
      contender,
      String(connections),
      digits(openMs / 1000),
      digits(heapKb),
      digits(rssKb),
      digits(broadcastMs),
    ]),
  ]);
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
    )
    .join('\n');
}
