import { RealtimeError } from '@rt/protocol';
import type { Backoff } from './backoff.ts';
import type { SocketConstructor } from './socket.ts';
import type { TokenSource } from './token.ts';

/** What `new RealtimeClient(url, options)` takes. Times are in milliseconds. */
export interface ClientOptions {
  /**
   * Proves who the user is; without it the client is anonymous. A function is asked again before every connect, and
   * while open before its token ends.
   */
  readonly token?: TokenSource;
  /** The WebSocket to use where the environment has none. Default: the global one. */
  readonly webSocket?: SocketConstructor;
  /** From the start of an attempt to the server's `ready`, the token function included. Default 10,000. */
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
  readonly webSocket?: SocketConstructor;
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  readonly queueLimit: number;
}

/** A timer that is set to more fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

const DEFAULTS = {
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
  const settings = { ...DEFAULTS, ...options, ...options.backoff, ...options.heartbeat };
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
    throw new RealtimeError('BAD_OPTION', `${name} must be a whole number, ${least} to ${most}.`);
  }
}
