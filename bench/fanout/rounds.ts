import { CONTENDERS } from './contender.ts';
import type { ContenderName } from './contender.ts';
import { median } from './median.ts';

/** One number of each contender, in each round. */
export class Rounds {
  readonly #rounds: ReadonlyMap<ContenderName, number>[] = [];

  add(round: ReadonlyMap<ContenderName, number>): void {
    this.#rounds.push(round);
  }

  median(contender: ContenderName): number {
    return median(this.#rounds.map((round) => round.get(contender) ?? Number.NaN));
  }

  /** `contender` divided by ours. Divided within each round, so that what disturbs a whole round disturbs no ratio. */
  ratio(contender: ContenderName): number {
    return median(this.#rounds.map((round) => (round.get(contender) ?? Number.NaN) / (round.get('rt') ?? Number.NaN)));
  }
}

/** Runs `measure` for each contender in turn, `rounds` times, each round beginning with another one. */
export async function alternate<Result>(
  title: string,
  rounds: number,
  measure: (contender: ContenderName) => Promise<Result>,
): Promise<ReadonlyMap<ContenderName, Result>[]> {
  const results: Map<ContenderName, Result>[] = [];
  for (let round = 0; round < rounds; round++) {
    const ofRound = new Map<ContenderName, Result>();
    for (let turn = 0; turn < CONTENDERS.length; turn++) {
      const contender = CONTENDERS[(round + turn) % CONTENDERS.length]!;
      console.error(`  ${title}: round ${round + 1} of ${rounds}, ${contender}`);
      ofRound.set(contender, await measure(contender));
    }
    results.push(ofRound);
  }
  return results;
}

/** One number of each result. */
export function roundsOf<Result>(
  results: readonly ReadonlyMap<ContenderName, Result>[],
  value: (result: Result) => number,
): Rounds {
  const rounds = new Rounds();
  for (const result of results)
    rounds.add(new Map(Array.from(result, ([contender, each]) => [contender, value(each)])));
  return rounds;
}
