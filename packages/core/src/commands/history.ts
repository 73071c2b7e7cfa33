import { RealtimeError, toRealtimeError } from '@rt/protocol';
import type { ClientFrameOf } from '@rt/protocol';
import type { Authorizers } from '../authorization/authorizers.ts';
import type { Connection } from '../connection/connection.ts';
import type { Log } from '../contracts/log.ts';
import { readHistory } from '../delivery/history.ts';

/** `history`: one page of what is kept of a channel. */
export class HistoryCommand {
  readonly #authorizers: Authorizers;
  readonly #logOf: (channel: string) => Log | undefined;

  constructor(authorizers: Authorizers, logOf: (channel: string) => Log | undefined) {
    this.#authorizers = authorizers;
    this.#logOf = logOf;
  }

  async run(connection: Connection, [, n, channel, page]: ClientFrameOf<'history'>): Promise<void> {
    try {
      await this.#authorizers.check(connection, channel, 'history');
      const log = this.#logOf(channel);
      if (log === undefined) throw new RealtimeError('UNSUPPORTED', 'this channel keeps no history');
      const { frames, previous, next } = await readHistory(log, channel, page);
      // The frames are JSON already: they are put in as they are.
      const places = `"previous":${JSON.stringify(previous)},"next":${JSON.stringify(next)}`;
      connection.send(`["ok",${n},{"messages":[${frames.join(',')}],${places}}]`);
    } catch (error) {
      const { code, message } = toRealtimeError(error, 'BROKER_DOWN', 'the history could not be read');
      connection.sendError(n, code, message);
    }
  }
}
