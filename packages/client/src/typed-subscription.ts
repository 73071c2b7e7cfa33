import type {
  AnyChannel,
  ChannelContract,
  DataArguments,
  EventName,
  EventOutput,
  InfoInput,
  InfoOutput,
  SendInput,
  SendName,
} from '@rt/protocol';
import type { Off } from './emitter.ts';
import type { HistoryMessage, HistoryOptions, HistoryPage } from './features/history.ts';
import type { Message } from './message.ts';
import type { MemberInfo, Presence } from './presence.ts';
import type { SendOptions, SendResult } from './send-queue.ts';
import type { MessageListener, Subscription } from './subscription.ts';

/** A `Subscription` of a channel of the contract: its events, their data and its members' info have types. */
export interface TypedSubscription<Channel extends ChannelContract> extends Pick<
  Subscription,
  'channel' | 'state' | 'subscribed' | 'lifecycle' | 'unsubscribe'
> {
  /** Who is there, on a presence channel. */
  readonly presence: Presence<InfoOutput<Channel, MemberInfo>, InfoInput<Channel, MemberInfo>>;
  /** Calls `listener` for every message of one event. */
  on<Event extends EventName<Channel>>(event: Event, listener: MessageListener<EventOutput<Channel, Event>>): Off;
  /** Calls `listener` for the next message of one event. */
  once<Event extends EventName<Channel>>(event: Event, listener: MessageListener<EventOutput<Channel, Event>>): Off;
  /** Takes `listener` off `event`. */
  off<Event extends EventName<Channel>>(event: Event, listener: MessageListener<EventOutput<Channel, Event>>): void;
  /** Calls `listener` for every message, after the listeners of its event. */
  onAny(listener: TypedAnyListener<Channel>): Off;
  /** Sends a message to this channel; see `RealtimeClient.send`. */
  send<Event extends SendName<Channel>>(
    event: Event,
    ...data: DataArguments<SendInput<Channel, Event>, SendOptions>
  ): Promise<SendResult>;
  /** Reads a page of what the server keeps of this channel; see `Subscription.history`. */
  history(options?: HistoryOptions): Promise<TypedHistoryPage<Channel>>;
}

/** A page of history whose messages can be told apart by their `event`. */
export interface TypedHistoryPage<Channel extends ChannelContract> extends Omit<HistoryPage<unknown>, 'messages'> {
  readonly messages: readonly {
    [Event in EventName<Channel>]: HistoryMessage<EventOutput<Channel, Event>> & { readonly event: Event };
  }[EventName<Channel>][];
}

/** What listening to a channel gives: without a contract a `Subscription`. */
export type SubscriptionOf<Channel extends ChannelContract> = [Channel] extends [AnyChannel]
  ? Subscription
  : TypedSubscription<Channel>;

/** Gets every message of a channel. */
type TypedAnyListener<Channel extends ChannelContract> = (
  event: EventName<Channel>,
  data: { [Event in EventName<Channel>]: EventOutput<Channel, Event> }[EventName<Channel>],
  message: Message,
) => void;
