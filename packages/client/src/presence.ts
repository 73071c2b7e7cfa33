import type { JsonValue } from '@rt/protocol';
import type { Listener, Off } from './emitter.ts';

/** What the server lets others see of a member. */
export type MemberInfo = Readonly<Record<string, JsonValue>>;

/** One user who is present in a channel, however many connections they have. */
export interface Member<Info = MemberInfo> {
  /** The user's id, written by the server. */
  readonly id: string;
  readonly info: Info;
  /** Since when, in milliseconds since 1970 by the server's clock. */
  readonly connectedAt: number;
}

/** What happens to the members of a channel. */
export interface PresenceEvents<Info = MemberInfo> {
  readonly joined: OfMember<Info>;
  readonly left: OfMember<Info>;
  readonly updated: OfMember<Info>;
  /** The server told everything anew: after each subscription, and in a large channel whenever the count changes. */
  readonly sync: readonly [];
}

type OfMember<Info> = readonly [member: Member<Info>];

/** Who is present in a channel whose name starts with `presence-` or `presence.`; nobody in any other. */
export interface Presence<Info = MemberInfo, Offered = Info> {
  /** As of now; another list after each change. Empty in a large channel, of which the server only tells the `count`. */
  readonly members: readonly Member<Info>[];
  readonly count: number;
  /**
   * Calls `listener` at each `event` until the returned function is called. After a reconnect `joined`, `left` and
   * `updated` tell the differences, and then comes `sync`.
   */
  on<Name extends keyof PresenceEvents>(event: Name, listener: Listener<PresenceEvents<Info>[Name]>): Off;
  /**
   * Asks for other info for this client, once the subscription is confirmed; the server decides what it becomes. It is
   * asked for again after each reconnect. Rejects with `FORBIDDEN`, with `INVALID_DATA` for more than 4 KiB, with
   * `OUTCOME_UNKNOWN` when no answer came, and as `subscribed` does.
   */
  update(info: Offered): Promise<void>;
}
