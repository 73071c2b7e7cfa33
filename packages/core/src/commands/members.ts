import { channelKind, RealtimeError, toRealtimeError } from '@rt/protocol';
import type { ClientFrameOf } from '@rt/protocol';
import type { Authorizers } from '../authorization/authorizers.ts';
import type { Connection } from '../connection/connection.ts';
import type { Presence } from '../presence/presence.ts';

/** `members`: who is present, for those who are subscribed or may be. */
export class MembersCommand {
  readonly #authorizers: Authorizers;
  readonly #presence: Presence;

  constructor(authorizers: Authorizers, presence: Presence) {
    this.#authorizers = authorizers;
    this.#presence = presence;
  }

  async run(connection: Connection, [, n, channel]: ClientFrameOf<'members'>): Promise<void> {
    try {
      if (channelKind(channel) !== 'presence') {
        throw new RealtimeError('UNSUPPORTED', 'only presence channels have members');
      }
      const { user } = connection;
      if (user === undefined) throw new RealtimeError('FORBIDDEN', 'a presence channel needs a user');
      if (connection.subscriptions.get(channel)?.state !== 'subscribed') {
        await this.#authorizers.check(connection, channel, 'subscribe');
      }
      const endTurn = await this.#presence.turns.begin(connection);
      // The roster is JSON already: it is put in as it is.
      connection.send(`["ok",${n},${this.#presence.roster(channel, user.id)}]`);
      endTurn();
    } catch (error) {
      const { code, message } = toRealtimeError(error, 'HANDLER_FAILED', 'the members could not be told');
      connection.sendError(n, code, message);
    }
  }
}
