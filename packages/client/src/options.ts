import { RealtimeError } from '@rt/protocol';
import type { Backoff } from './backoff.ts';
import type { SocketConstructor } from './socket.ts';
import type { TokenSource } from './token.ts';
import type { TransportName } from './transport-name.ts';

/** What `new RealtimeClient(url, options)` takes. Times are in milliseconds. */
export interface ClientOptions {
  /**
   * Proves who the user is; without it the client is anonymous. A function is asked again before every connect, and
   * while open before its token ends.
   */
  readonly token?: TokenSource;
  /**
   * The transports to use, the best first. Where one does not get through, the next is tried at once. Default all three:
   * `websocket`, `sse`, `longpolling`. The last two are loaded when they are needed.
   */
  readonly transports?: readonly TransportName[];
  /**
   * How long a client stays with a lesser transport before it tries a better one again; at first it tries sooner.
   * Default 300,000.
   */
  readonly upgradeAfterMs?: number;
  /** The WebSocket to use where the environment has none. Default: the global one. */
  readonly webSocket?: SocketConstructor;
  /** What SSE and long-polling make their requests with. Default: the global one. */
  readonly fetch?: typeof fetch;
  /**
   * From the start of an attempt to the server's `ready`, the token function included. In the first round after a
   * connection the transports share it equally, so that a silent one costs little. Default 10,000.
   */
  readonly connectTimeoutMs?: number;
  /** How long a request waits for its answer on an open connection. Default 10,000. */
  readonly timeoutMs?: number;
  /**
   * How many sends wait while there is no connection or the server's rate is used up; more reject with `QUEUE_FULL`.
   * Default 1,000.
   */
  readonly queueLimit?: number;
  /** The waits between attempts. Default 1,000 to 30,000, all of it random. */
  readonly backoff?: Partial<Backoff>;
  /** When silence counts as a dead connection. */
  readonly heartbeat?: Partial<HeartbeatTimes>;
}

/** When silence counts as a dead connection. */
export interface HeartbeatTimes {
  /**
   * How much longer than the server's beat the client waits for a sign of life, the last `probeMs` of it after a ping.
   * Default 8,000.
   */
  readonly graceMs: number;
  /** How long the answer to a ping may take, after silence, waking up or a change of network. Default 3,000. */
  readonly probeMs: number;
}

/** The options with their defaults, checked, in one row. */
export interface ClientSettings extends Backoff, HeartbeatTimes {
  readonly token?: TokenSource;
  readonly transports: readonly TransportName[];
  readonly upgradeAfterMs: number;
  readonly webSocket?: SocketConstructor;
  readonly fetch?: typeof fetch;
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  readonly queueLimit: number;
}

/** A timer that is set to more fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

const TRANSPORTS: readonly TransportName[] = ['websocket', 'sse', 'longpolling'];

const DEFAULTS = {
  upgradeAfterMs: 300_000,
  connectTimeoutMs: 10_000,
  timeoutMs: 10_000,
  queueLimit: 1_000,
  baseMs: 1_000,
  maxMs: 30_000,
  graceMs: 8_000,
  probeMs: 3_000,
};

/** Fills in the defaults. Throws `BAD_OPTION` for a number that is not whole or out of range. */
export function readOptions(options: ClientOptions): ClientSettings {
  const { transports = TRANSPORTS } = options;
  const settings = { ...DEFAULTS, ...options, ...options.backoff, ...options.heartbeat, transports };
  // The keys of an object literal that nobody else has.
  for (const name of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    settings[name] ??= DEFAULTS[name];
    checkNumber(name, settings[name], 0, MAX_TIMER_MS);
  }
  return settings;
}

/** Throws `BAD_OPTION` for a `value` that is no whole number, or out of range. */
export function checkNumber(name: string, value: number, least: number, most: number): void {
  if (!(Number.isInteger(value) && value >= least && value <= most)) {
    throw new RealtimeError('BAD_OPTION', `${name}: a whole number, ${least} to ${most}.`);
  }
}
