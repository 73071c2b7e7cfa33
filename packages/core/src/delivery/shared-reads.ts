import { errorTable, RealtimeError } from '@rt/protocol';
import type { LogPage, LogRead, LogReader } from '../contracts/log.ts';

/**
 * Reads the log for the clients of this node. Rejects with `BROKER_DOWN` where it can't be read.
 *
 * Answers equal reads that are asked for at the same time with one: when a node dies, its clients all come back with much the
 * same cursors, and that must not be a storm at the broker.
 */
export class SharedReads implements LogReader {
  readonly #log: LogReader;
  readonly #running = new Map<string, Promise<LogRead>>();

  constructor(log: LogReader) {
    this.#log = log;
  }

  read(channel: string, page: LogPage): Promise<LogRead> {
    const key = JSON.stringify([channel, page.after, page.before, page.limit]);
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    // A read that has begun may answer without what was appended since: whoever needs that asks again from its end.
    const read = this.#log
      .read(channel, page)
      .catch((cause: unknown) => {
        if (cause instanceof RealtimeError) throw cause;
        throw new RealtimeError('BROKER_DOWN', errorTable.BROKER_DOWN.message, { cause });
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, read);
    return read;
  }
}
