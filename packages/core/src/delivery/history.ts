import { parseCursor, RealtimeError } from '@rt/protocol';
import type { HistoryPage } from '@rt/protocol';
import type { Entry, LogPage, LogReader } from '../contracts/log.ts';
import { deliveryOf } from './delivery.ts';

/** The frames of a page in the order in which they were published, and where to go on. */
export interface HistoryFrames {
  readonly frames: readonly string[];
  /** `before` of the page with older messages; `null` where none are kept. */
  readonly previous: string | null;
  /** `after` of the page with newer messages; `null` where there are none yet. */
  readonly next: string | null;
}

/**
 * Reads one page of a channel's log: `limit` messages, or as many (at least one) as `maxLength` characters hold.
 * Throws `INVALID_DATA` for a cursor that no server wrote.
 */
export async function readHistory(
  log: LogReader,
  channel: string,
  page: HistoryPage,
  maxLength = Number.POSITIVE_INFINITY,
): Promise<HistoryFrames> {
  const request: LogPage = { after: place(page.after), before: place(page.before), limit: page.limit };
  // One more than asked for tells whether there is another page on that side.
  const read = await log.read(channel, { ...request, limit: page.limit + 1 });
  const isForward = request.after !== undefined;
  const count = fitting(isForward ? read.entries : read.entries.toReversed(), page.limit, maxLength);
  const hasMore = read.entries.length > count;
  const kept = isForward ? read.entries.slice(0, count) : read.entries.slice(read.entries.length - count);
  const deliveries = kept.map((entry) => deliveryOf(entry, read.epoch));
  const [first, last] = [deliveries[0], deliveries.at(-1)];
  return {
    frames: deliveries.map(({ frame }) => frame),
    previous: first !== undefined && (isForward || hasMore) ? first.cursor : null,
    next: last !== undefined && last.position.offset < read.head.offset ? last.cursor : null,
  };
}

/** How many of `entries` a page has. */
function fitting(entries: readonly Entry[], limit: number, maxLength: number): number {
  let length = 0;
  let count = 0;
  for (const { text } of entries.slice(0, limit)) {
    length += text.length;
    if (count > 0 && length > maxLength) break;
    count++;
  }
  return count;
}

function place(cursor: string | null | undefined): LogPage['after'] {
  if (cursor === undefined || cursor === null) return undefined;
  const position = parseCursor(cursor);
  if (position === undefined) throw new RealtimeError('INVALID_DATA', 'no server wrote this cursor');
  return position;
}
