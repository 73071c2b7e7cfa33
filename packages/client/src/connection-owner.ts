import type { RealtimeError, Resume, ServerFrame } from '@rt/protocol';
import type { StateChange } from './state-change.ts';

/** What a connection reports to its client. */
export interface ConnectionOwner {
  /** The channels that the `connect` frame takes up. */
  resume(): Resume;
  /** The server said `ready`. */
  opened(): void;
  /** A frame that is not the connection's own business. */
  received(frame: ServerFrame): void;
  /** The server answered request `n` with `error`. */
  refused(n: number, error: RealtimeError): void;
  /** The connection went, or the attempt for one failed. */
  lost(): void;
  /** The client will not come back by itself. */
  closed(error: RealtimeError): void;
  changed(change: StateChange): void;
  report(error: RealtimeError): void;
}
