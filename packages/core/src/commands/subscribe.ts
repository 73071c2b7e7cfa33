import { serverFrame, toRealtimeError } from '@rt/protocol';
import type { ClientFrameOf } from '@rt/protocol';
import type { Membership, Subscribing } from '../channel/membership.ts';
import { isOwnUserChannel } from '../channel/membership.ts';
import type { Connection } from '../connection/connection.ts';

/** `sub`, and each channel of the `connect` frame. */
export class SubscribeCommand {
  readonly #membership: Membership;

  constructor(membership: Membership) {
    this.#membership = membership;
  }

  async run(connection: Connection, [, n, channel, cursor, last]: ClientFrameOf<'sub'>): Promise<void> {
    try {
      const isTrusted = isOwnUserChannel(connection, channel);
      await this.#membership.subscribe(connection, { channel, n, cursor, last, isTrusted });
    } catch (error) {
      const { code, message } = toRealtimeError(error, 'HANDLER_FAILED', 'the subscription failed');
      connection.sendError(n, code, message);
    }
  }

  /** A channel that nobody asked for with a number: refusals come as `unsub`. */
  async resume(connection: Connection, wanted: Subscribing): Promise<void> {
    try {
      await this.#membership.subscribe(connection, wanted);
    } catch (error) {
      const { code, message } = toRealtimeError(error, 'HANDLER_FAILED', 'the subscription failed');
      // Whoever took it back knows.
      if (code !== 'CANCELLED') connection.send(serverFrame(['unsub', wanted.channel, code, message]));
    }
  }
}
