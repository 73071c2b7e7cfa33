import { describe, expect, it } from 'vitest';
import { shapeOf, testSeeds } from './cluster-seeds.ts';
import { ClusterSimulation } from './cluster-simulation.ts';

describe('the promise on three nodes, odd seeds', () => {
  testSeeds(1);

  it('is the same run for the same seed', async () => {
    const [one, again] = [await new ClusterSimulation(7).run(), await new ClusterSimulation(7).run()];
    expect(again.recording.facts.map(shapeOf)).toEqual(one.recording.facts.map(shapeOf));
  });
});
