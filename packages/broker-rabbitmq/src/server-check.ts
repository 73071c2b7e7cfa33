import { reasonOf } from '@rt/core';
import { RealtimeError } from '@rt/protocol';
import type { ChannelModel } from 'amqplib';

/** The first version that has stream queues. */
const STREAMS_SINCE = [3, 9] as const;

/** What RabbitMQ says that it is, e.g. `3.10.8`. */
export function versionOf({ connection }: ChannelModel): string {
  return connection.serverProperties.version;
}

/** Throws `UNSUPPORTED` where this RabbitMQ is too old for stream queues: it would make queues of another kind without a word. */
export function checkVersion(model: ChannelModel): void {
  const [major = 0, minor = 0] = versionOf(model).split('.').map(Number);
  const [least, leastMinor] = STREAMS_SINCE;
  if (major < least || (major === least && minor < leastMinor)) throw noStreams(`it is ${versionOf(model)}`);
}

/** `UNSUPPORTED` where a connection was closed because this RabbitMQ has its stream queues switched off. */
export function streamsAreOff(error: Error): RealtimeError | undefined {
  return /feature flag is disabled/.test(error.message) ? noStreams('the feature flag is disabled') : undefined;
}

/** Whether a queue that is read or made turns out to be no stream. */
export function isNoStream(error: unknown): boolean {
  return /(?:invalid arg 'x-stream-offset'|inequivalent arg '(?:x-queue-type|durable)')/.test(reasonOf(error));
}

/** There is a queue of another kind. */
export function noStream(queue: string): RealtimeError {
  return new RealtimeError(
    'UNSUPPORTED',
    `the queue ${queue} is no stream: use another namespace or queuePrefix, or delete the queue`,
  );
}

function noStreams(reason: string): RealtimeError {
  return new RealtimeError(
    'UNSUPPORTED',
    `RabbitMQ has no stream queues (${reason}): they need RabbitMQ 3.9 or newer and its feature flag ` +
      '("rabbitmqctl enable_feature_flag stream_queue"), or do without history with streams: false',
  );
}
