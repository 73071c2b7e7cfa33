import type { Clock } from '../contracts/clock.ts';
import type { Entry, GapReason } from '../contracts/log.ts';
import type { Rings } from '../memory/rings.ts';
import type { Order } from './order.ts';

/** What the orders of one log share. */
export interface OrderHost {
  readonly clock: Clock;
  readonly rings: Rings;
  /** Made anew for each process. */
  readonly writer: string;
  /** How far back a reading begins. */
  readonly replayMs: number;
  /** Channels that have a ring and are in this order. */
  channelsOf(order: Order): readonly string[];
  /** New entries of channels of this order. */
  deliver(entries: ReadonlyMap<string, readonly Entry[]>): void;
  /** Followers of this order's channels may have missed something; where they go on is known now. */
  gap(order: Order, reason: GapReason): void;
  /** A text was dropped, or a reading can not begin. */
  warn(message: string, details: Readonly<Record<string, string | number>>): void;
  /** `down` may have changed. */
  changed(): void;
}
