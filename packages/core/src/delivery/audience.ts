import type { Connection } from '../connection/connection.ts';
import { SlowReaders } from './slow-readers.ts';
import type { StrictRule } from './slow-readers.ts';
import type { Newest, NewestRoom } from './newest.ts';

/** The connections of this node that have one channel. */
export class Audience {
  /** They get what comes in. */
  readonly live = new Set<Connection>();
  /** They do not, and the channel's rule is not to let them catch up. Absent while there are none. */
  slow: SlowReaders | undefined;

  /** It gets nothing for now. Whether it was live. */
  pause(connection: Connection): boolean {
    return this.live.delete(connection);
  }

  /** `connection`, which is not live any more, has everything that came in before; after it the rule counts. What is kept by it. */
  setAside(connection: Connection, rule: StrictRule, room: NewestRoom): Newest | undefined {
    this.slow ??= new SlowReaders(rule, room);
    this.slow.add(connection);
    return this.slow.newest;
  }

  join(connection: Connection): void {
    this.#release(connection);
    this.live.add(connection);
  }

  leave(connection: Connection): void {
    this.#release(connection);
    this.live.delete(connection);
  }

  /** Nobody has the channel any more. */
  end(): void {
    this.slow?.newest?.clear();
    this.slow = undefined;
  }

  #release(connection: Connection): void {
    if (this.slow === undefined) return;
    this.slow.delete(connection);
    if (this.slow.isEmpty) this.end();
  }
}
