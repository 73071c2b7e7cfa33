import { PartitionLog, systemClock } from '@rt/core';
import type { Clock, Entry, GapReason, PartitionLogOptions } from '@rt/core';
import type { Position } from '@rt/protocol';
import { MemoryPartition } from './memory-partition.ts';
import type { MemoryOrder } from './memory-partition.ts';

/** What one follower was told, in order. */
export type Told =
  | { readonly entry: Entry }
  | { readonly gap: GapReason; readonly at: Position }
  | { readonly moved: Position };

/** A node with one partition. */
export class Node {
  readonly partition: MemoryPartition;
  readonly log: PartitionLog;
  readonly warnings: string[] = [];

  constructor(order: MemoryOrder, options: PartitionLogOptions = {}) {
    this.partition = new MemoryPartition(order);
    this.log = new PartitionLog([this.partition], {
      clock: systemClock,
      ...options,
      warn: (message) => this.warnings.push(message),
    });
  }

  static async start(
    order: MemoryOrder,
    options?: { clock?: Clock; retentionMs?: number; maxBytes?: number },
  ): Promise<Node> {
    const node = new Node(order, options);
    await node.log.start();
    return node;
  }

  /** Follows `channel`. */
  async follow(channel: string): Promise<{ readonly head: Position; readonly told: Told[] }> {
    const told: Told[] = [];
    const head = await this.log.follow(channel, {
      entries: (batch) => batch.forEach((entry) => told.push({ entry })),
      gap: (gap, at) => told.push({ gap, at }),
      moved: (moved) => told.push({ moved }),
    });
    return { head, told };
  }

  /** Appends one entry and answers its place. */
  async append(channel: string, text: string, id?: string): Promise<Position> {
    const [places] = await this.log.append([{ channel, entries: [{ text, id }], retention: RETENTION }]);
    if (places instanceof Error) throw places;
    return places![0]!;
  }

  /** The texts that are kept. */
  async texts(channel: string): Promise<string[]> {
    return (await this.log.read(channel, { limit: 1_000 })).entries.map(({ text }) => text);
  }
}

export const RETENTION = { size: 1_000, ttlMs: 300_000 };
