import { emptyRecord, within } from '@rt/core';
import { RealtimeError } from '@rt/protocol';
import { randomBytes } from 'node:crypto';
import { acknowledge, closeChannel, openChannel } from './channel.ts';
import type { Link } from './link.ts';
import { decodeStream } from './payload.ts';
import type { StreamRecord } from './payload.ts';
import { isNoStream, noStream } from './server-check.ts';
import type { Stream } from './stream.ts';

/** Time for RabbitMQ to deliver what is stored. */
const LOOK_MS = 5_000;
const PREFETCH_COUNT = 50;

/** What was found out about a stream. */
export interface StreamState {
  readonly epoch: string;
  /** A position: everything that was there when the look began is before it. */
  readonly end: number;
}

/** A message of a stream, and where it is. */
interface Item {
  /** From 1 on. */
  readonly position: number;
  readonly record: StreamRecord | undefined;
}

/**
 * Finds out whose order a stream is, and where it ends: RabbitMQ tells neither. A mark is appended and read back, so there always is
 * something to read. The epoch is told by the first mark that there ever was; where that is not kept any more, by the oldest record,
 * whose writer knew it.
 */
export async function look(link: Link, stream: Stream): Promise<StreamState> {
  const nonce = randomBytes(12).toString('base64url');
  const isMine = ({ record }: Item): boolean => record?.kind === 'mark' && record.epoch === nonce;
  let end = 0;
  await scan(link, stream, {
    from: 'next',
    attached: () => stream.append({ kind: 'mark', epoch: nonce, text: emptyRecord(nonce) }),
    take: (item) => {
      end = item.position;
      return isMine(item);
    },
  });
  const oldest = new Oldest(isMine);
  await scan(link, stream, { from: 'first', take: (item) => oldest.take(item) });
  const { epoch, partitions } = oldest.found!;
  if (partitions !== link.partitions) {
    throw new RealtimeError(
      'UNSUPPORTED',
      `the log in RabbitMQ has ${partitions} partitions: set partitions to that, or use another namespace`,
    );
  }
  return { epoch, end };
}

/** Reads the beginning, until that says whose order it is. */
class Oldest {
  found: StreamRecord | undefined;
  readonly #isMine: (item: Item) => boolean;
  #isWhole: boolean | undefined;
  #firstMark: StreamRecord | undefined;

  constructor(isMine: (item: Item) => boolean) {
    this.#isMine = isMine;
  }

  take(item: Item): boolean {
    const { position, record } = item;
    this.#isWhole ??= position === 1;
    if (record?.kind === 'mark') this.#firstMark ??= record;
    // A record before the first mark is one of a node that takes this stream for one that was deleted.
    if (this.#isWhole) this.found = this.#firstMark;
    else if (record?.kind === 'record') this.found = record;
    else if (this.#isMine(item)) this.found = this.#firstMark;
    return this.found !== undefined;
  }
}

/** How a stream is scanned. */
interface Scan {
  readonly from: 'first' | 'next';
  /** What is done when everything that is stored from now on comes in. */
  readonly attached?: () => Promise<void>;
  /** Answers whether that was enough. */
  readonly take: (item: Item) => boolean;
}

async function scan(link: Link, stream: Stream, { from, attached, take }: Scan): Promise<void> {
  const done = Promise.withResolvers<void>();
  done.promise.catch(() => undefined);
  const channel = await openChannel(link.reader(), done.reject);
  const run = async (): Promise<void> => {
    await channel.prefetch(PREFETCH_COUNT);
    await channel.consume(
      stream.name,
      (message) => {
        if (message === null) {
          done.reject(new Error('the stream was deleted'));
          return;
        }
        const position = positionOf(message.properties.headers);
        if (position === undefined) done.reject(noStream(stream.name));
        else if (take({ position, record: decodeStream(message.content.toString()) })) done.resolve();
        acknowledge(channel, message);
      },
      { arguments: { 'x-stream-offset': from } },
    );
    await attached?.();
    await done.promise;
  };
  try {
    await within(LOOK_MS, run());
  } catch (error) {
    throw isNoStream(error) ? noStream(stream.name) : error;
  } finally {
    closeChannel(channel);
  }
}

/** Where a message of a stream is, from 1 on. */
export function positionOf(headers: Readonly<Record<string, unknown>> | undefined): number | undefined {
  const offset = headers?.['x-stream-offset'];
  return typeof offset === 'number' ? offset + 1 : undefined;
}
