import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '@rt/core';
import type { Names } from './names.ts';
import type { NatsBrokerOptions } from './options.ts';

/** What the parts of one broker share. */
export interface Link {
  readonly names: Names;
  readonly clock: Clock;
  readonly options: NatsBrokerOptions;
  /** The connection. Throws `BROKER_DOWN` while it is lost: what is sent then would wait in a buffer. */
  connection(): NatsConnection;
  /** A few words for operators, each kind once a minute. */
  warn(message: string, details: Readonly<Record<string, string | number>>): void;
  /** Something went wrong that a probe of the log should look at. */
  suspect(): void;
  /** Whether all is well may have changed. */
  changed(): void;
}
