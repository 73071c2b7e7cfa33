import { describe } from 'vitest';
import { testSeeds } from './cluster-seeds.ts';

describe('the promise on three nodes, even seeds', () => {
  testSeeds(2);
});
