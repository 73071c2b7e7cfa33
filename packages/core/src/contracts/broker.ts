import type { BrokerReport } from './broker-report.ts';
import type { Log } from './log.ts';

/** What a broker reports. Core hands these to `start` and never changes them. */
export interface BrokerEvents {
  /** Texts published on `channel`, in the order of each publisher. Called for subscribed channels only. */
  message(channel: string, texts: readonly string[]): void;
  /** The broker stopped or resumed answering its probes. */
  health(health: BrokerHealth): void;
  /** Texts on the bus of these subscribed channels may have been missed, because the broker was away. */
  gap(channels: readonly string[]): void;
  /** For operators: a few words and plain values. MUST NOT hold payloads or secrets. */
  warn(message: string, details: Readonly<Record<string, string | number>>): void;
}

/** `up` only while an end-to-end probe succeeded within its deadline; socket state is not enough. */
export type BrokerHealth = { readonly state: 'up' } | { readonly state: 'down'; readonly reason: string };

/** The messages of one tick for one channel, in the order in which they were published. */
export interface BusWork {
  readonly channel: string;
  readonly texts: readonly string[];
}

/**
 * Carries opaque text between nodes, at most once: the *bus*. With `log` it also keeps the delivery promise.
 *
 * - MUST NOT parse, change, split or join texts; any string, NUL and 100 kB included, arrives as it was sent.
 * - MUST deliver the texts of one publisher to one channel in the order of its `publish` calls, to this node too.
 * - MUST encode channel names where its own keys give characters a meaning; names are validated by core.
 * - MUST report `gap` for every subscribed channel on which texts may have been missed, before later texts.
 * - MUST drop texts that it can't have written, and count them in a `warn`, not fail.
 * - MUST NOT throw out of event handlers or end the process: trouble is reported by `health` and by rejections.
 * - Core calls nothing but `close` before `start` resolved, and nothing after `close` was called.
 */
export interface Broker {
  /** For logs and errors, e.g. `memory`. Nothing is decided by it. */
  readonly name: string;
  /** Present: the broker can keep the promise of `docs/delivery.md`. Absent: bus only. */
  readonly log?: Log;
  /** Present: no other node can be reached over it, so there is no cluster to take part in. */
  readonly isAlone?: true;
  /** Where it connects to, for people, e.g. `127.0.0.1:6379, database 2`. MUST NOT hold secrets. Absent: there is nothing to reach. */
  readonly target?: string;
  /** MUST resolve when connected and reject with the reason when it can't connect. */
  start(events: BrokerEvents): Promise<void>;
  /** MUST be idempotent. Resolved means: nothing published later is missed. */
  subscribe(channel: string): Promise<void>;
  /** MUST be idempotent. Resolved means: nothing published later is delivered. */
  unsubscribe(channel: string): Promise<void>;
  /**
   * One tick's whole output. MUST resolve when the broker has accepted all of it and reject otherwise; MUST settle within seconds, also
   * while the service stands still.
   */
  publish(work: readonly BusWork[]): Promise<void>;
  health(): BrokerHealth;
  /**
   * Asks the service about itself: its version, and settings that bear on the promise. MUST change nothing there, and report what it
   * may not ask as `unknown`. Rejects where the service does not answer. Absent: there is nothing to ask.
   */
  inspect?(): Promise<BrokerReport>;
  /** MUST be idempotent, MUST close exactly what the broker opened; afterwards no event is reported. */
  close(): Promise<void>;
}
