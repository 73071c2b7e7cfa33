import { RealtimeError } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import { randomBytes } from 'node:crypto';
import { lastOffset } from '../brokers/single-entries.ts';
import { systemClock } from '../contracts/clock.ts';
import type { Cancel, Clock } from '../contracts/clock.ts';
import { DEDUPE_WINDOW_MS } from '../contracts/log.ts';
import type { Appended, Entry, GapReason, Log, LogPage, LogRead, LogSink, LogWork } from '../contracts/log.ts';
import { DEFAULT_MAX_LOG_BYTES } from '../memory/memory-log.ts';
import { newTag } from '../memory/ring.ts';
import { Rings } from '../memory/rings.ts';
import { MOVE_MS, Order } from './order.ts';
import type { OrderHost } from './order-host.ts';
import { partitionOf } from './partition-of.ts';
import type { Partition } from './partition.ts';
import { draftRecords } from './record.ts';

/** How often what has expired is let go, and followers of quiet channels are told a newer place. */
const SWEEP_MS = 10_000;

/** What a `PartitionLog` may be told. */
export interface PartitionLogOptions {
  /** How much of the log a node reads when it starts: what its clients can come back to. Default 10 minutes. */
  readonly retentionMs?: number | undefined;
  /** Bounds all that a node keeps, 64 MiB by default: beyond it the channels used least recently give way. */
  readonly maxBytes?: number | undefined;
  readonly clock?: Clock | undefined;
  /** For operators: a few words and plain values. */
  readonly warn?: ((message: string, details: Readonly<Record<string, string | number>>) => void) | undefined;
  /** `isCurrent` may have changed. */
  readonly changed?: (() => void) | undefined;
}

interface Follower {
  readonly sink: LogSink;
  /** The newest place that it was told, and when, by the broker's clock. */
  toldOffset: number;
  toldAtMs: number;
}

/**
 * A log over a few partitions, each of which every node reads from beginning to end: places, repeated publish ids and what is kept
 * follow from the order alone, so all nodes decide alike. What is read is kept in memory, and reads are answered from there.
 */
export class PartitionLog implements Log {
  readonly #orders: readonly Order[];
  readonly #clock: Clock;
  readonly #rings: Rings;
  readonly #followers = new Map<string, Follower>();
  readonly #retentionMs: number;
  readonly #warn: NonNullable<PartitionLogOptions['warn']>;
  #stopSweep: Cancel | undefined;
  #isClosed = false;

  /** All nodes must have the same partitions, in the same order. */
  constructor(partitions: readonly Partition[], options: PartitionLogOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#rings = new Rings(options.maxBytes ?? DEFAULT_MAX_LOG_BYTES);
    this.#retentionMs = options.retentionMs ?? 600_000;
    this.#warn = (message, details) => options.warn?.(message, details);
    const host: OrderHost = {
      clock: this.#clock,
      rings: this.#rings,
      writer: randomBytes(9).toString('base64url'),
      replayMs: replayMsOf(this.#retentionMs),
      channelsOf: (order) => this.#channelsOf(order),
      deliver: (entries) => this.#deliver(entries),
      gap: (order, reason) => this.#gap(order, reason),
      warn: this.#warn,
      changed: () => options.changed?.(),
    };
    this.#orders = partitions.map((partition) => new Order(partition, host));
  }

  /** Whether everything that was stored before is known: only then does the log answer. */
  get isCurrent(): boolean {
    return this.#orders.every((order) => order.isCurrent);
  }

  /** Resolves when all partitions have been read up to where they were. Rejects where one can't be read. */
  async start(): Promise<void> {
    await Promise.all(this.#orders.map((order) => order.start()));
    if (!this.#isClosed) this.#stopSweep = this.#clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** Follows nothing any more. What was appended and not read back is rejected with `OUTCOME_UNKNOWN`. */
  close(): void {
    this.#isClosed = true;
    this.#stopSweep?.();
    this.#followers.clear();
    for (const order of this.#orders) order.close();
  }

  /** Appends nothing to each partition; resolves when that was read back from all of them. Rejects with what went wrong. */
  async probe(): Promise<void> {
    const outcomes = await Promise.all(this.#orders.map((order) => order.append('')));
    for (const outcome of outcomes) if (outcome instanceof RealtimeError) throw outcome;
  }

  async append(work: readonly LogWork[]): Promise<readonly Appended[]> {
    const results: (Position[] | RealtimeError)[] = work.map(({ entries }) => Array<Position>(entries.length));
    const byPartition = new Map<Order, number[]>();
    work.forEach(({ channel, retention }, index) => {
      if (retention.ttlMs > this.#retentionMs) this.#tooLong(channel, retention.ttlMs);
      const order = this.#orderOf(channel);
      const indexes = byPartition.get(order);
      if (indexes === undefined) byPartition.set(order, [index]);
      else indexes.push(index);
    });
    const appending: Promise<void>[] = [];
    const stored = new Set<number>();
    for (const [order, indexes] of byPartition) {
      for (const { body, runs } of draftRecords(work, indexes, newTag)) {
        appending.push(
          order.append(body).then((outcome) => {
            let at = 0;
            for (const { work: index, from, count } of runs) {
              const result = results[index]!;
              if (!(outcome instanceof RealtimeError)) stored.add(index);
              if (result instanceof RealtimeError) at += count;
              else if (outcome instanceof RealtimeError) results[index] = outcome;
              else for (let entry = from; entry < from + count; entry++) result[entry] = outcome[at++]!;
            }
          }),
        );
      }
    }
    await Promise.all(appending);
    return results.map((result, index) =>
      result instanceof RealtimeError && stored.has(index)
        ? new RealtimeError('OUTCOME_UNKNOWN', `only some of the messages were stored: ${result.message}`)
        : result,
    );
  }

  async follow(channel: string, sink: LogSink): Promise<Position> {
    const order = this.#orderOf(channel);
    this.#followers.delete(channel);
    await order.sync();
    const head = order.headOf(channel);
    this.#followers.set(channel, { sink, toldOffset: head.offset, toldAtMs: order.readUpToMs });
    return head;
  }

  async unfollow(channel: string): Promise<void> {
    this.#followers.delete(channel);
  }

  async read(channel: string, page: LogPage): Promise<LogRead> {
    const order = this.#orderOf(channel);
    await order.sync();
    const read = order.readRing(channel, page);
    // The place may be one that another node told: whoever has it should not wait here for something new.
    const told = this.#followers.get(channel)?.toldOffset ?? Number.POSITIVE_INFINITY;
    if (read.proof === 'contiguous' && page.after !== undefined && page.after.offset > told) {
      this.#moved(channel, read.head);
    }
    return read;
  }

  #orderOf(channel: string): Order {
    return this.#orders[partitionOf(channel, this.#orders.length)]!;
  }

  #channelsOf(order: Order): readonly string[] {
    const channels: string[] = [];
    this.#rings.forEach((channel) => {
      if (this.#orderOf(channel) === order) channels.push(channel);
    });
    return channels;
  }

  #deliver(delivered: ReadonlyMap<string, readonly Entry[]>): void {
    for (const [channel, entries] of delivered) {
      const follower = this.#followers.get(channel);
      if (follower === undefined) continue;
      follower.toldAtMs = this.#orderOf(channel).readUpToMs;
      follower.toldOffset = lastOffset(entries.at(-1)!);
      this.#call(channel, () => follower.sink.entries(entries));
    }
  }

  #gap(order: Order, reason: GapReason): void {
    for (const [channel, follower] of this.#followers) {
      if (this.#orderOf(channel) !== order) continue;
      const { sink } = follower;
      const head = order.headOf(channel);
      follower.toldOffset = head.offset;
      follower.toldAtMs = order.readUpToMs;
      if (reason === 'diverged') {
        this.#call(channel, () => sink.gap(reason, head));
        continue;
      }
      const { start, entries } = order.readRing(channel, { limit: Number.MAX_SAFE_INTEGER });
      this.#call(channel, () => {
        sink.gap(reason, start);
        if (entries.length > 0) sink.entries(entries);
      });
    }
  }

  #sweep(): void {
    this.#rings.forEach((channel, ring) => {
      const order = this.#orderOf(channel);
      if (!order.sweepRing(ring) || this.#followers.has(channel)) return;
      this.#rings.delete(channel);
      order.dropped(ring);
    });
    for (const [channel, follower] of this.#followers) {
      const order = this.#orderOf(channel);
      if (!order.isCurrent || order.readUpToMs - follower.toldAtMs < MOVE_MS) continue;
      this.#moved(channel, order.headOf(channel));
    }
  }

  #moved(channel: string, at: Position): void {
    const follower = this.#followers.get(channel);
    if (follower === undefined) return;
    follower.toldAtMs = this.#orderOf(channel).readUpToMs;
    follower.toldOffset = at.offset;
    this.#call(channel, () => follower.sink.moved?.(at));
  }

  #call(channel: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#warn('a receiver threw', { channel, reason: error instanceof Error ? error.name : 'unknown' });
    }
  }

  #tooLong(channel: string, ttlMs: number): void {
    this.#warn('a channel is kept for longer than a node that starts reads back', {
      channel,
      ttlMs,
      retentionMs: this.#retentionMs,
    });
  }
}

/** How much of the log is read at the start: what clients can come back to, and before that the publish ids that still count. */
export function replayMsOf(retentionMs: number): number {
  return retentionMs + DEDUPE_WINDOW_MS;
}
