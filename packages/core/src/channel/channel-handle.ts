import type {
  AnyChannel,
  ChannelContract,
  DataArguments,
  EventInput,
  EventName,
  EventOutput,
  InfoOutput,
  JsonValue,
} from '@rt/protocol';
import type { BroadcastOptions } from '../delivery/broadcasts.ts';
import type { Published } from '../delivery/published.ts';
import type { Member, MemberInfo } from '../presence/member.ts';

/** One channel, seen from the server. */
export interface ChannelHandle<Channel extends ChannelContract = AnyChannel> {
  readonly name: string;
  /** As `realtime.broadcast` to this channel. */
  broadcast<Event extends EventName<Channel>>(
    event: Event,
    ...data: DataArguments<EventInput<Channel, Event>, BroadcastOptions>
  ): Promise<Published>;
  /**
   * One page of what is kept, in the order in which it was published: the newest `limit` (default 50) messages, or those
   * before or after a cursor. Rejects with `UNSUPPORTED` where the channel keeps no history.
   */
  history(page?: HistoryQuery): Promise<History<KeptOf<Channel>>>;
  /** Who is present, on a presence channel. Rejects with `UNSUPPORTED` on any other. */
  members(): Promise<readonly Member<InfoOutput<Channel, MemberInfo>>[]>;
  /** How many connections are subscribed. */
  subscriberCount(): Promise<number>;
}

/** Which page of a channel's history is wanted. */
export interface HistoryQuery {
  readonly before?: string;
  readonly after?: string;
  readonly limit?: number;
}

/** A message as it is kept. */
export interface KeptMessage<Event extends string = string, Data = JsonValue> {
  readonly id: string;
  readonly channel: string;
  readonly event: Event;
  readonly data: Data;
  /** The verified sender's id, where a client sent it. */
  readonly user?: string;
  /** When the server took it, in milliseconds since 1970. */
  readonly at: number;
  readonly cursor: string;
}

/** What is kept of a channel, event by event where the contract names them. */
export type KeptOf<Channel extends ChannelContract> = [Channel] extends [AnyChannel]
  ? KeptMessage
  : { [Event in EventName<Channel>]: KeptMessage<Event, EventOutput<Channel, Event>> }[EventName<Channel>];

/** One page of a channel's history. */
export interface History<Kept = KeptMessage> {
  readonly messages: readonly Kept[];
  /** `before` of the older page; `null` where none is kept. */
  readonly previous: string | null;
  /** `after` of the newer page; `null` where there is none yet. */
  readonly next: string | null;
}
