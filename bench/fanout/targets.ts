import type { Row, RowId } from './report.ts';

/** What a row has to show. */
interface Target {
  readonly id: RowId;
  readonly title: string;
  /** The number that counts, and its text. */
  value(row: Row): number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

const TARGETS: readonly Target[] = [
  {
    id: 'cpu-10',
    title: 'A: CPU of Socket.IO is at least 8 × ours',
    value: ({ rounds }) => rounds.ratio('socket-io'),
    atLeast: 8,
  },
  {
    id: 'cpu-1',
    title: 'B: our CPU is at most 1.0 × that of bare ws.send',
    value: ({ rounds }) => 1 / rounds.ratio('ws'),
    atMost: 1,
  },
  {
    id: 'heap',
    title: 'D: heap per idle connection is at most 5 KB',
    value: ({ rounds }) => rounds.median('rt'),
    atMost: 5,
  },
];

/** One line for each target, met or not. */
export function targetLines(rows: readonly Row[]): string[] {
  return TARGETS.map((target) => {
    const row = rows.find(({ id }) => id === target.id);
    const value = row === undefined ? Number.NaN : target.value(row);
    const isMet =
      value >= (target.atLeast ?? Number.NEGATIVE_INFINITY) && value <= (target.atMost ?? Number.POSITIVE_INFINITY);
    return `${isMet ? 'met    ' : 'NOT MET'}  ${target.title}: ${value.toFixed(2)}`;
  });
}
