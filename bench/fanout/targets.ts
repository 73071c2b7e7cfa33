import { median } from './median.ts';
import type { Row, RowId } from './report.ts';
import type { BesideStalled } from './scenarios/stalled.ts';

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

/** How much later, at most, healthy readers may get their messages because of one that stalls. */
const MOST_BESIDE_STALLED = 1.2;

/** One line for each target, met or not. */
export function targetLines(rows: readonly Row[], { without, beside }: BesideStalled): string[] {
  const lines = TARGETS.map((target) => {
    const row = rows.find(({ id }) => id === target.id);
    return targetLine(target, row === undefined ? Number.NaN : target.value(row));
  });
  const title = `F: p99 of healthy readers beside one that stalls is at most ${MOST_BESIDE_STALLED} × that without it`;
  // Divided within each round, so that what disturbs a whole round disturbs no ratio.
  const ratio = median(beside.map((p99, round) => p99 / without[round]!));
  return [...lines, targetLine({ title, atMost: MOST_BESIDE_STALLED }, ratio)];
}

function targetLine({ title, atLeast, atMost }: Omit<Target, 'id' | 'value'>, value: number): string {
  const isMet = value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY);
  return `${isMet ? 'met    ' : 'NOT MET'}  ${title}: ${value.toFixed(2)}`;
}
