import type { Clock } from '@rt/core';
import type { ChannelModel } from 'amqplib';
import type { Confirming } from './confirming.ts';
import type { Names } from './names.ts';
import type { RabbitmqBrokerOptions } from './options.ts';

/** What the parts of one broker share. */
export interface Link {
  readonly names: Names;
  readonly clock: Clock;
  readonly options: RabbitmqBrokerOptions;
  /** In how many streams the log is. */
  readonly partitions: number;
  /** The connection to read on. Throws `BROKER_DOWN` while it is lost. */
  reader(): ChannelModel;
  /** Where to publish. Throws `BROKER_DOWN` while the connection is lost, or RabbitMQ takes nothing. */
  writer(): Confirming;
  /** A few words for operators, each kind once a minute. */
  warn(message: string, details: Readonly<Record<string, string | number>>): void;
  /** Something went wrong that a probe of the log should look at. */
  suspect(): void;
  /** Whether all is well may have changed. */
  changed(): void;
}
