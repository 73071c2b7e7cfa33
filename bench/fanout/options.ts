import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface BenchOptions {
  readonly rounds: number;
  /** Part of the usual time that each measurement takes. */
  readonly scale: number;
  /** Only open so many connections, and say what they take. */
  readonly connections: number | undefined;
}

export const USAGE = `npm run bench -- fanout [--quick] [--rounds N] [--connections N]

  --quick          a third of the time: to see that it runs, not to quote
  --rounds N       rounds of each measurement (default 3); the median counts
  --connections N  instead: N connections on one server process, e.g. 10000`;

/** Throws an error that says what is wrong with the arguments. */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      connections: { type: 'string' },
    },
  });
  return {
    rounds: values.rounds === undefined ? 3 : count('rounds', values.rounds),
    scale: values.quick ? 1 / 3 : 1,
    connections: values.connections === undefined ? undefined : count('connections', values.connections),
  };
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1, not ${text}`);
  return value;
}
