import { serverFrame } from '@rt/protocol';
import type { ClientFrameOf } from '@rt/protocol';
import type { Membership } from '../channel/membership.ts';
import type { Connection } from '../connection/connection.ts';

/** `unsub`: answered with `ok` also where there was nothing to end, so that it can be repeated. */
export class UnsubscribeCommand {
  readonly #membership: Membership;

  constructor(membership: Membership) {
    this.#membership = membership;
  }

  run(connection: Connection, [, n, channel]: ClientFrameOf<'unsub'>): void {
    this.#membership.unsubscribe(connection, channel);
    connection.send(serverFrame(['ok', n]));
  }
}
