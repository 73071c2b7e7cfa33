import { expect } from 'vitest';
import type { NatsBrokerOptions } from '../src/index.ts';
import { TestNode } from './node.ts';

/** A refusal is told at once; this is three times what a start may take where nothing answers. */
const WITHIN_MS = 15_000;

/** Why a broker with these options does not start, which it has to say in time and as `BROKER_DOWN`. */
export async function refusal(options: NatsBrokerOptions): Promise<string> {
  const began = performance.now();
  const error = await TestNode.start(options).then(
    async (node) => {
      await node.close();
      return new Error('it started');
    },
    (reason: unknown) => reason as Error,
  );
  expect(performance.now() - began).toBeLessThan(WITHIN_MS);
  expect(error).toMatchObject({ code: 'BROKER_DOWN' });
  return error.message;
}
