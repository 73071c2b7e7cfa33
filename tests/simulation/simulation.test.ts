import { describe, expect, it } from 'vitest';
import type { FactOf } from '../checker/recording.ts';
import { summary } from '../checker/summary.ts';
import { Simulation } from './simulation.ts';

/** `RT_SEED=17 npm test -- tests/simulation` runs that one seed again. */
const only = process.env['RT_SEED'];
const seeds = only === undefined ? Array.from({ length: 2_000 }, (_, index) => index + 1) : [Number(only)];

describe('the promise on one node', () => {
  it(
    `holds through cuts, stalls, reconnects, permissions and time, for ${seeds.length} seeds`,
    { timeout: 240_000 },
    async () => {
      const seen = { delivered: 0, gaps: 0, recovered: 0, skips: 0 };
      for (const seed of seeds) {
        const { recording, violations } = await new Simulation(seed).run();
        expect(
          violations.length,
          violations.length === 0 ? '' : summary(recording, violations).replaceAll(/x{20,}/g, 'x…'),
        ).toBe(0);
        for (const fact of recording.facts) {
          if (fact.what === 'delivered') seen.delivered++;
          if (fact.what === 'gap') seen.gaps++;
          if (fact.what === 'skip') seen.skips++;
          if (fact.what === 'confirmed' && fact.recovered) seen.recovered++;
        }
      }
      if (only !== undefined) return;
      // A run in which nothing happens would prove nothing.
      for (const count of Object.values(seen)) expect(count).toBeGreaterThan(seeds.length / 2);
    },
  );

  it('is the same run for the same seed', async () => {
    const [one, again] = [await new Simulation(7).run(), await new Simulation(7).run()];
    expect(again.recording.facts.map(shape)).toEqual(one.recording.facts.map(shape));
  });
});

/** A fact without what the server draws by lot: epochs, tags and ids. */
function shape(fact: FactOf<'published' | 'delivered'> | { readonly what: string }): unknown {
  return {
    what: fact.what,
    text: 'text' in fact ? fact.text : undefined,
    subscriber: 'subscriber' in fact ? fact.subscriber : undefined,
  };
}
