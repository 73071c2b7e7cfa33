import type { ServerFrameOf } from '@rt/protocol';
import { messageOf } from './message.ts';
import type { Message } from './message.ts';

/** Which page of a channel's history to read: the one before a cursor, the one after it, or without both the newest. */
export type HistoryOptions = (
  | { readonly before?: string; readonly after?: never }
  | { readonly before?: never; readonly after?: string }
) & {
  /** The largest number of messages, from 1 to 1,000. Default 50. */
  readonly limit?: number;
};

/** A message with its data. `Data` is the caller's word: the client does not check it. */
export interface HistoryMessage<Data> extends Message {
  readonly data: Data;
}

/** A page of history, the oldest message first. */
export interface HistoryPage<Data> {
  readonly messages: readonly HistoryMessage<Data>[];
  /** Reads the page before this one when given as `before`; `null` where there is none. */
  readonly previous: string | null;
  /** Reads the page after this one when given as `after`; `null` where there is none. */
  readonly next: string | null;
}

/** The page in the server's answer, which is trusted. */
export function historyPageOf<Data>(result: unknown): HistoryPage<Data> {
  const page = result as Omit<HistoryPage<Data>, 'messages'> & { readonly messages: readonly ServerFrameOf<'m'>[] };
  return { ...page, messages: page.messages.map((frame) => ({ ...messageOf(frame), data: frame[4] as Data })) };
}
