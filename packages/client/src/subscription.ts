import type { ErrorCode, RealtimeError } from '@rt/protocol';
import type { Listenable, Off } from './emitter.ts';
import type { HistoryOptions, HistoryPage } from './features/history.ts';
import type { Message } from './message.ts';
import type { Presence } from './presence.ts';
import type { SendOptions, SendResult } from './send-queue.ts';

/**
 * - `pending`: the server has not confirmed it yet, or not again since the connection went;
 * - `subscribed`: the server confirmed it; every message arrives;
 * - `refused`: the server said no;
 * - `unsubscribed`: the application or the server ended it.
 *
 * The last two are final: `client.subscribe()` starts a new subscription.
 */
export type SubscriptionState = 'pending' | 'subscribed' | 'refused' | 'unsubscribed';

/** What happens to a subscription, apart from its messages. */
export interface LifecycleEvents {
  /** Confirmed, also again after each reconnect. `recovered`: every message in between arrives now. */
  readonly subscribed: readonly [event: { readonly recovered: boolean }];
  /** Confirmed again, and nothing was missed: every message in between arrives now. */
  readonly recovered: readonly [];
  /** The server said no. */
  readonly refused: readonly [error: RealtimeError];
  /** Messages may be missing here, before those that arrive next, for `reason`. */
  readonly gap: readonly [event: { readonly reason: string }];
  /** It ended; with the server's code where the server ended it. */
  readonly unsubscribed: readonly [event: { readonly code?: ErrorCode; readonly message?: string }];
}

/** Gets an event's data and where the message comes from. `Data` is the caller's word: the client does not check it. */
export type MessageListener<Data> = (data: Data, message: Message) => void;

/** Gets every message of a channel. */
export type AnyListener = (event: string, data: unknown, message: Message) => void;

/** How a channel is listened to. */
export interface SubscribeOptions {
  /** How many of the newest messages arrive first, from 1, as far as the channel keeps them. Default none. */
  readonly last?: number;
}

/** One channel, as the application listens to it. There is one for each channel of a client. */
export interface Subscription {
  readonly channel: string;
  readonly state: SubscriptionState;
  /**
   * Resolves when the server confirms; a new promise after each loss of the connection.
   * Rejects with the server's error when it refuses, and with `CLOSED` when the client or the subscription ends before.
   */
  readonly subscribed: Promise<void>;
  readonly lifecycle: Listenable<LifecycleEvents>;
  /** Who is there, on a presence channel. */
  readonly presence: Presence;
  /** Calls `listener` for every message of one event. */
  on<Data = unknown>(event: string, listener: MessageListener<Data>): Off;
  /** Calls `listener` for the next message of one event. */
  once<Data = unknown>(event: string, listener: MessageListener<Data>): Off;
  /** Takes `listener` off `event`. */
  off<Data = unknown>(event: string, listener: MessageListener<Data>): void;
  /** Calls `listener` for every message, after the listeners of its event. */
  onAny(listener: AnyListener): Off;
  /** Sends a message to this channel; see `RealtimeClient.send`. */
  send(event: string, data?: unknown, options?: SendOptions): Promise<SendResult>;
  /**
   * Reads a page of what the server keeps of this channel, once the subscription is confirmed. Rejects with the
   * server's error, with `OUTCOME_UNKNOWN` when no answer came, with `BAD_OPTION`, and as `subscribed` does.
   */
  history<Data = unknown>(options?: HistoryOptions): Promise<HistoryPage<Data>>;
  /** Ends the subscription at once; resolves when the server knows. Never rejects. */
  unsubscribe(): Promise<void>;
}
