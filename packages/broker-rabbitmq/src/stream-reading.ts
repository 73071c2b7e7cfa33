import { emptyRecord, reasonOf } from '@rt/core';
import type { Cancel, PartitionReader, PartitionText } from '@rt/core';
import type { Channel, ConsumeMessage } from 'amqplib';
import { randomBytes } from 'node:crypto';
import { acknowledge, closeChannel, openChannel } from './channel.ts';
import type { Link } from './link.ts';
import { DEFAULT_PREFETCH_COUNT } from './node-queue.ts';
import { decodeStream } from './payload.ts';
import { noStream } from './server-check.ts';
import { look, positionOf } from './stream-look.ts';
import type { StreamState } from './stream-look.ts';
import type { Stream } from './stream.ts';

const AGAIN_MS = 500;
/** By how much the clocks of a node and of RabbitMQ may differ: so much more is read. */
const CLOCKS_MS = 60_000;
/** By how much another node's clock may be ahead before operators are told. */
const AHEAD_MS = 5_000;

/** One reading of a stream, in order and without end: after each trouble it goes on where it was. */
export class StreamReading {
  readonly #link: Link;
  readonly #stream: Stream;
  readonly #sinceMs: number;
  readonly #reader: PartitionReader;
  #attempt = 0;
  #channel: Channel | undefined;
  #stopAgain: Cancel | undefined;
  #isEnded = false;
  #isCurrent = false;
  /** Whether the epoch is that of the stream as it is now. */
  #isKnown = false;
  #epoch = '';
  /** The newest position that was given. */
  #last = 0;
  /** The record that this attempt appends when it listens: then everything that was there before has come. */
  #marker = '';
  #isBegun = false;
  /** How many messages came on this channel. */
  #count = 0;
  #batch: PartitionText[] = [];
  #taken: ConsumeMessage | undefined;

  constructor(link: Link, stream: Stream, how: { readonly sinceMs: number; readonly reader: PartitionReader }) {
    this.#link = link;
    this.#stream = stream;
    this.#sinceMs = how.sinceMs;
    this.#reader = how.reader;
  }

  /** Whether all that was stored when it began was given. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  /** The epoch of the stream, while that is known. */
  get epoch(): string | undefined {
    return this.#isKnown ? this.#epoch : undefined;
  }

  /** Begins. Rejects where that is not possible now. */
  async begin(): Promise<void> {
    const attempt = this.#startAttempt();
    try {
      await this.#open(attempt);
    } catch (error) {
      // Another attempt has taken over, so nobody waits for this one.
      if (attempt === this.#attempt) throw error;
    }
  }

  /** Goes on where it was, on the connection as it is now. */
  again(): void {
    if (this.#isEnded) return;
    this.begin().catch((error: unknown) => {
      if (this.#isEnded) return;
      this.#link.warn('a stream in RabbitMQ can not be read', { stream: this.#stream.name, reason: reasonOf(error) });
      this.lose();
      this.#stopAgain = this.#link.clock.after(AGAIN_MS, () => this.again());
    });
  }

  /** The connection was lost: nothing more of it counts. */
  lose(): void {
    this.#startAttempt();
    this.#link.changed();
  }

  end(): void {
    this.#isEnded = true;
    this.#startAttempt();
  }

  async #open(attempt: number): Promise<void> {
    await this.#stream.ensure();
    const state = await look(this.#link, this.#stream);
    if (attempt !== this.#attempt) return;
    const channel = await openChannel(this.#link.reader(), (reason) => this.#trouble(attempt, reason));
    if (attempt !== this.#attempt) {
      closeChannel(channel);
      return;
    }
    this.#channel = channel;
    this.#marker = emptyRecord(randomBytes(12).toString('base64url'));
    await channel.prefetch(this.#link.options.prefetchCount ?? DEFAULT_PREFETCH_COUNT);
    await channel.consume(
      this.#stream.name,
      (message) => {
        if (attempt !== this.#attempt) return;
        if (message === null) this.#trouble(attempt, new Error('the stream was deleted'));
        else this.#received(attempt, channel, message);
      },
      { arguments: { 'x-stream-offset': this.#startOf(state) } },
    );
    if (attempt === this.#attempt)
      await this.#stream.append({ kind: 'record', epoch: state.epoch, text: this.#marker });
  }

  #startAttempt(): number {
    this.#flush();
    this.#isCurrent = false;
    this.#isKnown = false;
    this.#isBegun = false;
    this.#count = 0;
    this.#taken = undefined;
    this.#stopAgain?.();
    closeChannel(this.#channel);
    this.#channel = undefined;
    return ++this.#attempt;
  }

  /** Where the reading begins: at the newest position that was given, or as far back as was asked for. */
  #startOf({ epoch, end }: StreamState): unknown {
    const isSame = epoch === this.#epoch && this.#last > 0;
    this.#epoch = epoch;
    this.#isKnown = true;
    // Once more, for where another one is there now, the tail was lost. Behind the end, nothing would ever come.
    if (isSame && this.#last < end) return this.#last - 1;
    return { '!': 'timestamp', value: Math.floor((this.#sinceAt() - CLOCKS_MS) / 1_000) };
  }

  #sinceAt(): number {
    return this.#link.clock.wallNow() - this.#sinceMs;
  }

  #received(attempt: number, channel: Channel, message: ConsumeMessage): void {
    const position = positionOf(message.properties.headers);
    if (position === undefined) {
      this.#trouble(attempt, noStream(this.#stream.name));
      return;
    }
    // Positions may have holes; the numbers that a channel counts its deliveries with have none.
    if (message.fields.deliveryTag !== ++this.#count) {
      this.#trouble(attempt, new Error('a message is missing'));
      return;
    }
    if (!this.#isBegun) {
      this.#isBegun = true;
      const fromMs = position === 1 ? 0 : this.#sinceAt();
      this.#reader.begin({ epoch: this.#epoch, fromMs, nowMs: this.#link.clock.wallNow() });
    }
    if (this.#taken === undefined) queueMicrotask(() => this.#take(attempt, channel));
    this.#taken = message;
    this.#last = position;
    const text = this.#textOf(position, message.content.toString());
    this.#batch.push(text);
    if (this.#isCurrent || text.text !== this.#marker) return;
    this.#flush();
    // What was read may have shown that it has to be read anew.
    if (attempt !== this.#attempt) return;
    this.#isCurrent = true;
    this.#reader.caughtUp(position);
    this.#link.changed();
  }

  /** The text of a record of this stream; what is no such thing is an empty one, which nobody takes for a record. */
  #textOf(position: number, payload: string): PartitionText {
    const record = decodeStream(payload);
    if (record === undefined) return { position, at: 0, text: '' };
    const { kind, epoch, at, text } = record;
    const aheadMs = at - this.#link.clock.wallNow();
    if (aheadMs > AHEAD_MS) {
      this.#link.warn('the clock of a node is ahead of this one: let all of them follow one time server', { aheadMs });
    }
    return { position, at, text: kind === 'mark' || epoch === this.#epoch ? text : '' };
  }

  /** Gives what one turn of the event loop brought, and says so to RabbitMQ, which sends more then. */
  #take(attempt: number, channel: Channel): void {
    if (attempt !== this.#attempt) return;
    const taken = this.#taken!;
    this.#taken = undefined;
    this.#flush();
    if (attempt === this.#attempt) acknowledge(channel, taken);
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length > 0 && !this.#isEnded) this.#reader.texts(batch);
  }

  #trouble(attempt: number, error: Error): void {
    // Where the connection is lost, that is told in this very turn, and is no news of this stream.
    this.#link.clock.soon(() => {
      if (attempt !== this.#attempt) return;
      this.#link.warn('a stream in RabbitMQ is read anew from where it was', {
        stream: this.#stream.name,
        reason: reasonOf(error),
      });
      this.lose();
      this.again();
    });
  }
}
