import { RealtimeError } from '@rt/protocol';
import type * as features from './features/features.ts';

type Features = typeof features;

let loading: Promise<Features> | undefined;

/** The file of the client that `chunk` imports. Rejects with `DEADLINE` where it can't be loaded: later it may. */
export function loaded<Chunk>(chunk: Promise<Chunk>): Promise<Chunk> {
  return chunk.catch((cause: unknown) => {
    // The next one asks for it again; what is there already comes at once.
    loading = undefined;
    throw new RealtimeError('DEADLINE', String(cause), { cause });
  });
}

/** What many pages never use, in a file of its own. Whoever waits for it goes on in turn. Rejects as `loaded` does. */
export function loadFeatures(): Promise<Features> {
  return (loading ??= loaded(import('./features/features.ts')));
}
