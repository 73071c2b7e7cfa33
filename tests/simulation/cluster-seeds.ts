import { expect, it } from 'vitest';
import type { Fact } from '../checker/recording.ts';
import { summary } from '../checker/summary.ts';
import { ClusterSimulation } from './cluster-simulation.ts';

/** All of them, in two halves: one for each of two processes. */
const SEEDS = 2_000;

/** `RT_SEED=17 npm test -- tests/simulation` runs that one seed again. */
const only = process.env['RT_SEED'];

/** Runs every second seed from `first` on. */
export function testSeeds(first: 1 | 2): void {
  const all = Array.from({ length: SEEDS / 2 }, (_, index) => first + 2 * index);
  const seeds = only === undefined ? all : [Number(only)].filter((seed) => seed % 2 === first % 2);
  it.skipIf(seeds.length === 0)(
    `holds through all that a broker can do, dying and moving, for ${seeds.length} seeds`,
    { timeout: 400_000 },
    async () => {
      const seen = new Map<string, number>();
      for (const seed of seeds) {
        const { recording, violations, problems } = await new ClusterSimulation(seed).run();
        const text = violations.length === 0 ? '' : summary(recording, violations).replaceAll(/x{20,}/g, 'x…');
        const again = `again with: RT_SEED=${seed} npm test -- tests/simulation`;
        expect({ problems, violations: violations.length }, `${text}\n${again}`).toEqual({
          problems: [],
          violations: 0,
        });
        for (const fact of recording.facts) seen.set(kindOf(fact), (seen.get(kindOf(fact)) ?? 0) + 1);
      }
      if (only !== undefined) return;
      // A run in which nothing happens would prove nothing.
      const kinds = ['delivered', 'skip', 'failed', 'stalled', 'recovered'];
      const gaps = ['gap diverged', 'gap epoch', 'gap expired', 'lost diverged', 'lost epoch'];
      for (const kind of [...kinds, ...gaps]) expect(seen.get(kind), kind).toBeGreaterThan(seeds.length / 2);
    },
  );
}

/** A fact without what is drawn by lot by the server: ids of nodes and messages. */
export function shapeOf(fact: Fact): unknown {
  return 'id' in fact ? { ...fact, id: '' } : fact;
}

function kindOf(fact: Fact): string {
  if (fact.what === 'gap' || fact.what === 'lost') return `${fact.what} ${fact.reason}`;
  return fact.what === 'confirmed' && fact.recovered ? 'recovered' : fact.what;
}
