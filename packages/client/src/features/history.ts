import type { ServerFrameOf } from '@rt/protocol';
import type { ChannelSubscription } from '../channel-subscription.ts';
import type { Message, messageOf } from '../message.ts';
import type { checkNumber } from '../options.ts';

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

/** The longest page. */
const MAX_MESSAGES = 1_000;

/** Reads a page. Throws `BAD_OPTION` for a `limit` out of range, and rejects as `subscribed` does. */
export async function history<Data>(
  subscription: ChannelSubscription,
  options: HistoryOptions,
  check: typeof checkNumber,
  message: typeof messageOf,
): Promise<HistoryPage<Data>> {
  const asked = { limit: 50, ...options };
  check('limit', asked.limit, 1, MAX_MESSAGES);
  await subscription.subscribed;
  // The server is trusted.
  const page = (await subscription.ask((n) => ['history', n, subscription.channel, asked])) as HistoryRows<Data>;
  return { ...page, messages: page.messages.map((frame) => ({ ...message(frame), data: frame[4] as Data })) };
}

type HistoryRows<Data> = Omit<HistoryPage<Data>, 'messages'> & { readonly messages: readonly ServerFrameOf<'m'>[] };
