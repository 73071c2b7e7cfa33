import type { Published } from '../delivery/published.ts';
import type { JsonValue } from '@rt/protocol';
import type { Member } from '../presence/member.ts';
import type { BroadcastOptions } from '../realtime.ts';

/** One channel, seen from the server. */
export interface ChannelHandle {
  readonly name: string;
  /** As `realtime.broadcast` to this channel. */
  broadcast(event: string, data?: unknown, options?: BroadcastOptions): Promise<Published>;
  /**
   * One page of what is kept, in the order in which it was published: the newest `limit` (default 50) messages, or those
   * before or after a cursor. Rejects with `UNSUPPORTED` where the channel keeps no history.
   */
  history(page?: { readonly before?: string; readonly after?: string; readonly limit?: number }): Promise<History>;
  /** Who is present, on a presence channel. Rejects with `UNSUPPORTED` on any other. */
  members(): Promise<readonly Member[]>;
  /** How many connections are subscribed. */
  subscriberCount(): Promise<number>;
}

/** A message as it is kept. */
export interface KeptMessage {
  readonly id: string;
  readonly channel: string;
  readonly event: string;
  readonly data: JsonValue;
  /** The verified sender's id, where a client sent it. */
  readonly user?: string;
  /** When the server took it, in milliseconds since 1970. */
  readonly at: number;
  readonly cursor: string;
}

/** One page of a channel's history. */
export interface History {
  readonly messages: readonly KeptMessage[];
  /** `before` of the older page; `null` where none is kept. */
  readonly previous: string | null;
  /** `after` of the newer page; `null` where there is none yet. */
  readonly next: string | null;
}
