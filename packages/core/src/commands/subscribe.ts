import { serverFrame, toRealtimeError } from '@rt/protocol';
import type { ClientFrameOf } from '@rt/protocol';
import type { Membership } from '../channel/membership.ts';
import type { Connection } from '../connection/connection.ts';

/** `sub`, and each channel of the `connect` frame. */
export class SubscribeCommand {
  readonly #membership: Membership;

  constructor(membership: Membership) {
    this.#membership = membership;
  }

  async run(connection: Connection, [, n, channel]: ClientFrameOf<'sub'>): Promise<void> {
    try {
      await this.#membership.subscribe(connection, n, channel);
    } catch (error) {
      const { code, message } = toRealtimeError(error, 'HANDLER_FAILED', 'the subscription failed');
      connection.sendError(n, code, message);
    }
  }

  /** A channel that the client takes up with its `connect` frame: refusals come as `unsub`, there is no number to answer. */
  async resume(connection: Connection, channel: string): Promise<void> {
    try {
      await this.#membership.subscribe(connection, 0, channel);
    } catch (error) {
      const { code, message } = toRealtimeError(error, 'HANDLER_FAILED', 'the subscription failed');
      connection.send(serverFrame(['unsub', channel, code, message]));
    }
  }
}
