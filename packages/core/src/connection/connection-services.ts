import type { Commands } from '../commands/commands.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Outboxes } from '../delivery/outboxes.ts';
import type { Limits } from '../limits.ts';
import type { Connection, Subscription } from './connection.ts';
import type { Heartbeat } from './heartbeat.ts';

/** What every connection of a node shares. */
export interface ConnectionServices {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly outboxes: Outboxes;
  readonly heartbeat: Heartbeat;
  readonly commands: Commands;
  /** `connection` no longer has `channel`. */
  leaveChannel(connection: Connection, channel: string, subscription: Subscription): void;
  /** The wire of `connection` is gone; `reason` is our own code where we ended it. */
  connectionEnded(connection: Connection, code: number, reason: string): void;
}
