import { AckPolicy, DeliverPolicy, jetstreamManager } from '@nats-io/jetstream';
import type { ConsumerConfig, StreamInfo } from '@nats-io/jetstream';
import { createInbox } from '@nats-io/transport-node';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { reasonOf } from '@rt/core';
import type { Cancel, PartitionReader, PartitionText } from '@rt/core';
import { deliveryOf, heartbeatOf } from './delivery.ts';
import type { Link } from './link.ts';
import type { Stream } from './stream.ts';

const NANOS = 1_000_000;
/** How often NATS says that it has nothing to say. */
const HEARTBEAT_MS = 1_000;
/** After so many of these times without a word, the reading begins anew. */
const SILENT_BEATS = 4;
const AGAIN_MS = 500;
/** Time for one question to JetStream. */
export const ASK_MS = 3_000;

/** One reading of a stream, in order and without end: after each trouble it goes on where it was. */
export class StreamReading {
  readonly #link: Link;
  readonly #stream: Stream;
  readonly #sinceMs: number;
  readonly #reader: PartitionReader;
  #attempt = 0;
  #subscription: Subscription | undefined;
  #stopWatch: Cancel | undefined;
  #stopAgain: Cancel | undefined;
  #isEnded = false;
  #isCurrent = false;
  #epoch = '';
  /** The newest position that was given. */
  #last = 0;
  /** The newest one when this attempt began. */
  #head = 0;
  #count = 0;
  /**
   * How often it was looked, since a word came, whether one did. Times would blame NATS where this process was busy: the timer comes before
   * the words that wait in the socket then.
   */
  #silentBeats = 0;
  #batch: PartitionText[] = [];

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
      this.#link.warn('a stream in NATS can not be read', { stream: this.#stream.name, reason: reasonOf(error) });
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
    const connection = this.#link.connection();
    const manager = await jetstreamManager(connection, { timeout: ASK_MS, checkAPI: false });
    const info = await this.#stream.ensure(manager);
    if (attempt !== this.#attempt) return;
    const start = this.#startOf(info);
    const inbox = createInbox();
    this.#subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        if (attempt !== this.#attempt) return;
        if (error === null) this.#received(connection, message);
        else this.#trouble(error);
      },
    });
    this.#silentBeats = 0;
    const { num_pending: pending } = await manager.consumers.add(this.#stream.name, {
      ...start,
      deliver_subject: inbox,
      ack_policy: AckPolicy.None,
      max_deliver: 1,
      flow_control: true,
      idle_heartbeat: HEARTBEAT_MS * NANOS,
      // It is for this connection alone: no disk, no replicas.
      mem_storage: true,
      num_replicas: 1,
    });
    if (attempt !== this.#attempt) return;
    this.#stopWatch = this.#link.clock.every(HEARTBEAT_MS, () => this.#watch());
    // Where something came in before this answer did, that says when it is all.
    if (pending === 0 && this.#count === 0) this.#caughtUp();
  }

  #startAttempt(): number {
    this.#flush();
    this.#isCurrent = false;
    this.#count = 0;
    this.#stopWatch?.();
    this.#stopAgain?.();
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    return ++this.#attempt;
  }

  /** Says what is read, and answers from where. */
  #startOf({ created, state }: StreamInfo): Partial<ConsumerConfig> {
    const epoch = epochOf(created);
    this.#head = state.last_seq;
    const isSame = epoch === this.#epoch && this.#last > 0;
    const firstAt = Date.parse(state.first_ts);
    const sinceAt = Date.parse(state.last_ts) - this.#sinceMs;
    const isWhole = state.last_seq === 0 || (state.messages > 0 && state.first_seq === 1 && firstAt >= sinceAt);
    const fromMs = isWhole ? 0 : Math.max(firstAt, sinceAt, 1);
    this.#epoch = epoch;
    this.#reader.begin({ epoch, fromMs });
    if (isSame) {
      // The newest one once more: where it is another one, the tail was lost.
      return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.min(this.#last, state.last_seq + 1) };
    }
    this.#last = 0;
    if (state.messages === 0) {
      return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: state.last_seq + 1 };
    }
    if (isWhole) return { deliver_policy: DeliverPolicy.All };
    return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(fromMs).toISOString() };
  }

  #received(connection: NatsConnection, message: Msg): void {
    this.#silentBeats = 0;
    const delivery = deliveryOf(message);
    if (delivery === undefined) {
      this.#heard(connection, message);
      return;
    }
    const { position, count, at, pending } = delivery;
    if (count !== ++this.#count) {
      this.#trouble(new Error('a message is missing'));
      return;
    }
    const isFirst = this.#batch.length === 0;
    this.#batch.push({ position, at, text: message.string() });
    this.#last = position;
    // What came with it in one piece is given with it; where no more is stored, nothing did.
    if (pending === 0) this.#flush();
    else if (isFirst) queueMicrotask(() => this.#flush());
    if (!this.#isCurrent && (pending === 0 || position >= this.#head)) {
      this.#head = Math.max(this.#head, position);
      this.#flush();
      this.#caughtUp();
    }
  }

  /** What is no text of the stream. */
  #heard(connection: NatsConnection, message: Msg): void {
    const heartbeat = heartbeatOf(message);
    if (heartbeat?.answerTo !== undefined) connection.publish(heartbeat.answerTo);
    if (heartbeat?.count !== undefined && heartbeat.count !== this.#count) {
      this.#trouble(new Error('a message is missing'));
    }
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length > 0 && !this.#isEnded) this.#reader.texts(batch);
  }

  #caughtUp(): void {
    this.#isCurrent = true;
    this.#reader.caughtUp(this.#head);
    this.#link.changed();
  }

  #watch(): void {
    if (++this.#silentBeats > SILENT_BEATS) this.#trouble(new Error('no word from the stream'));
  }

  #trouble(error: Error): void {
    this.#link.warn('a stream in NATS is read anew from where it was', {
      stream: this.#stream.name,
      reason: reasonOf(error),
    });
    this.lose();
    this.again();
  }
}

/** Told apart by when the stream was made, to the nanosecond. */
function epochOf(created: string): string {
  return `n${created.replaceAll(/\D/g, '')}`;
}
