import { AsyncLocalStorage } from 'node:async_hooks';
import type { Invocation } from './invocation.ts';

/** Node keeps the value for each chain of calls: this is the key to it, not a state of the module. */
const storage = new AsyncLocalStorage<Invocation | undefined>();

/**
 * The invocation that the calling code runs for, however deep below the authorizer, handler, method or `authenticate` it is:
 * its connection, user, channel, request id and logger. `undefined` outside, as in a timer that was started elsewhere.
 */
export function context(): Invocation | undefined {
  return storage.getStore();
}

/** Runs `run`, and everything that it starts, for `invocation`. */
export function runFor<Answer>(invocation: Invocation | undefined, run: () => Answer): Answer {
  return storage.run(invocation, run);
}
