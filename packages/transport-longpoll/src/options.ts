import { RealtimeError } from '@rt/protocol';

/** Below it the requests weigh more than the waiting; above it no proxy leaves a request open. */
const [LEAST_MS, MOST_MS] = [1_000, 300_000];
const DEFAULT_MS = 25_000;

/** How clients poll. */
export interface LongPollingOptions {
  /**
   * How long a poll waits for messages before it is answered with nothing, in milliseconds: less than the shortest time-out of the
   * proxies on the way. 1,000 to 300,000, default 25,000.
   */
  readonly timeoutMs?: number;
}

/** Checks options. Throws `BAD_OPTION`, which names the option and what it may be. */
export function parseOptions(options: LongPollingOptions): Required<LongPollingOptions> {
  if (typeof options !== 'object' || options === null) throw badOption('give its options as an object');
  const unknown = Object.keys(options).find((key) => key !== 'timeoutMs');
  if (unknown !== undefined) throw badOption(`there is no option ${unknown}`);
  const { timeoutMs = DEFAULT_MS } = options;
  if (!(Number.isInteger(timeoutMs) && timeoutMs >= LEAST_MS && timeoutMs <= MOST_MS)) {
    throw badOption(`timeoutMs is ${JSON.stringify(timeoutMs)}, must be a whole number from ${LEAST_MS} to ${MOST_MS}`);
  }
  return { timeoutMs };
}

function badOption(message: string): RealtimeError {
  return new RealtimeError('BAD_OPTION', `longPolling: ${message}`);
}
