import { RealtimeError, toRealtimeError } from '@rt/protocol';
import type { ClientFrameOf } from '@rt/protocol';
import type { Authorizers } from '../authorization/authorizers.ts';
import type { Connection } from '../connection/connection.ts';
import type { LogReader } from '../contracts/log.ts';
import { readHistory } from '../delivery/history.ts';

/** When one that has not read what it was sent may ask again. */
const RETRY_AFTER_MS = 1_000;

/** `history`: one page of what is kept of a channel. What a connection is sent at once is bounded, so pages may be short. */
export class HistoryCommand {
  readonly #authorizers: Authorizers;
  readonly #logOf: (channel: string) => LogReader | undefined;
  readonly #maxLength: number;

  constructor(authorizers: Authorizers, logOf: (channel: string) => LogReader | undefined, maxLength: number) {
    this.#maxLength = maxLength;
    this.#authorizers = authorizers;
    this.#logOf = logOf;
  }

  async run(connection: Connection, [, n, channel, page]: ClientFrameOf<'history'>): Promise<void> {
    try {
      await this.#authorizers.check(connection, channel, 'history');
      const log = this.#logOf(channel);
      if (log === undefined) throw new RealtimeError('UNSUPPORTED', 'this channel keeps no history');
      const { frames, previous, next } = await readHistory(log, channel, page, this.#maxLength);
      if (connection.outbox.isFull) {
        connection.sendError(n, 'RATE_LIMITED', 'read what you were sent, then ask again', {
          retryAfterMs: RETRY_AFTER_MS,
        });
        return;
      }
      // The frames are JSON already: they are put in as they are.
      const places = `"previous":${JSON.stringify(previous)},"next":${JSON.stringify(next)}`;
      connection.send(`["ok",${n},{"messages":[${frames.join(',')}],${places}}]`);
    } catch (error) {
      const { code, message } = toRealtimeError(error, 'BROKER_DOWN', 'the history could not be read');
      connection.sendError(n, code, message);
    }
  }
}
