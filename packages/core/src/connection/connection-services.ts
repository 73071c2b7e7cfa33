import type { Membership } from '../channel/membership.ts';
import type { Commands } from '../commands/commands.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Outboxes } from '../delivery/outboxes.ts';
import type { Limits } from '../limits.ts';
import type { Connection } from './connection.ts';
import type { Heartbeat } from './heartbeat.ts';

/** What every connection of a node shares. */
export interface ConnectionServices {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly outboxes: Outboxes;
  readonly heartbeat: Heartbeat;
  readonly commands: Commands;
  readonly membership: Membership;
  /** Bytes queued for one connection beyond which nothing more is pushed until its socket drains. */
  readonly pushLimit: number;
  /** `connection` does not read fast enough. */
  fallBehind(connection: Connection): void;
  /** The socket of a connection that was behind has drained. */
  caughtUp(connection: Connection): void;
  /** The wire of `connection` is gone; `reason` is our own code where we ended it. */
  connectionEnded(connection: Connection, code: number, reason: string): void;
}
