import { brokerDown, reasonOf, replayMsOf } from '@rt/core';
import type { Channel } from 'amqplib';
import { closeChannel, openChannel } from './channel.ts';
import type { Link } from './link.ts';
import { encodeStream } from './payload.ts';
import type { StreamRecord } from './payload.ts';
import { isNoStream, noStream } from './server-check.ts';

/** How much longer a stream keeps what nodes read back: an outage of all nodes is no loss until then. */
const OUTAGE_MS = 900_000;
/** What is too old is deleted in pieces of this many bytes: each stream keeps up to one of them for longer. */
const SEGMENT_BYTES = 32 * 1024 * 1024;
const DEFAULT_STREAM_BYTES = 2 * 1024 ** 3;

/** The default number of partitions. */
export const DEFAULT_PARTITIONS = 8;
/** What clients can come back to, unless told otherwise. */
export const DEFAULT_RETENTION_MS = 600_000;

/** One stream of the log: a stream queue of RabbitMQ. */
export class Stream {
  readonly name: string;
  readonly #link: Link;

  constructor(link: Link, partition: number) {
    this.#link = link;
    this.name = link.names.stream(partition);
  }

  /** Makes the stream where it is not there. Rejects with `UNSUPPORTED` where it is something else, or can't be made. */
  async ensure(): Promise<void> {
    const { retentionMs = DEFAULT_RETENTION_MS, maxStreamBytes = DEFAULT_STREAM_BYTES } = this.#link.options;
    const maxAgeSeconds = Math.ceil((replayMsOf(retentionMs) + OUTAGE_MS) / 1_000);
    try {
      await this.#ask((channel) =>
        channel.assertQueue(this.name, {
          durable: true,
          arguments: {
            'x-queue-type': 'stream',
            'x-max-age': `${maxAgeSeconds}s`,
            'x-max-length-bytes': maxStreamBytes,
            'x-stream-max-segment-size-bytes': SEGMENT_BYTES,
          },
        }),
      );
    } catch (error) {
      this.#differs(error);
    }
  }

  /** Resolves when a message is stored behind all others. */
  async append(message: Omit<StreamRecord, 'at' | 'partitions'>): Promise<void> {
    const { clock, partitions } = this.#link;
    // RabbitMQ does not say when it stored something, so all nodes take the word of the one that sent it.
    const text = encodeStream({ ...message, at: clock.wallNow(), partitions });
    await this.#link.writer().publish({ exchange: '', key: this.name, text, isMandatory: true, isPersistent: true });
  }

  /** What RabbitMQ says to a question that may cost the channel. */
  async #ask(question: (channel: Channel) => Promise<unknown>): Promise<void> {
    const channel = await openChannel(this.#link.reader(), () => undefined);
    try {
      await question(channel);
    } finally {
      closeChannel(channel);
    }
  }

  /** One that is there is used as it is, unless it is no stream. */
  #differs(error: unknown): void {
    const [, argument] = /inequivalent arg '([^']+)'/.exec(reasonOf(error)) ?? [];
    if (argument === undefined) throw brokerDown(`the stream ${this.name} can not be made`, error);
    if (isNoStream(error)) throw noStream(this.name);
    this.#link.warn('a stream in RabbitMQ was made with other options: it is used as it is; a policy changes it', {
      stream: this.name,
      argument,
    });
  }
}
