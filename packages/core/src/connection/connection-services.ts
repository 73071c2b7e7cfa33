import type { Membership } from '../channel/membership.ts';
import type { Commands } from '../commands/commands.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Outboxes } from '../delivery/outboxes.ts';
import type { Place } from '../delivery/place.ts';
import type { Limits } from '../limits.ts';
import type { ClientRequests } from './client-requests.ts';
import type { Connection } from './connection.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { QueuedTotal } from './queued-total.ts';

/** What every connection of a node shares. */
export interface ConnectionServices {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly outboxes: Outboxes;
  readonly heartbeat: Heartbeat;
  readonly commands: Commands;
  readonly membership: Membership;
  /** What the server asked clients. */
  readonly clientRequests: ClientRequests;
  /** What waits for all connections together. */
  readonly queued: QueuedTotal;
  /** Bytes pushed to one connection beyond which nothing more is, until its socket drains. */
  readonly pushLimit: number;
  /** The socket of `connection` is full. */
  fellBehind(connection: Connection): void;
  /** `connection`, which was left at `places`, has room for what it missed. */
  catchUp(connection: Connection, places: ReadonlyMap<string, Place>): void;
  /** The socket of a connection that was behind has room again. */
  caughtUp(connection: Connection): void;
  /** The wire of `connection` is gone; `reason` is our own code where we ended it. */
  connectionEnded(connection: Connection, code: number, reason: string): void;
}
