import type { PatternParams } from '@rt/protocol';
import type { ClientConnection } from '../connection/client-connection.ts';
import type { User } from '../connection/user.ts';
import type { MemberInfo } from '../presence/member.ts';

/** What a client wants to do with a channel. `update`: change what the others see of it as a member. */
export type ChannelAction = 'subscribe' | 'send' | 'history' | 'update';

/** What an authorizer decides on. */
export interface AuthorizationRequest<Text extends string = string, Info = MemberInfo> {
  /** Who asks; `undefined` is anonymous. */
  readonly user: User | undefined;
  /** What the authorizer's pattern matched in the channel's name. */
  readonly params: PatternParams<Text>;
  readonly channel: string;
  readonly connection: ClientConnection;
  readonly action: ChannelAction;
  /** For `update`: the info that the client asks for, an object of at most 4 KiB of JSON. Not to be trusted. */
  readonly info?: Info;
  /** Aborts when the client is gone, and when the time to answer is over (`limits.decisionTimeoutMs`). */
  readonly signal: AbortSignal;
}

/**
 * Says whether a client may do something with a channel: `true`, or on presence channels what the others see of the
 * member (an object that JSON can say; `true` is `{}`, and for `update` the info that was asked for). Anything else is
 * no. Throwing is no as well. No answer in time (`limits.decisionTimeoutMs`, 10 s) refuses with `DEADLINE`, after which clients
 * ask again. Both are logged.
 */
export type Authorizer<Text extends string = string, Answer = object, Info = MemberInfo> = (
  request: AuthorizationRequest<Text, Info>,
) => boolean | Answer | undefined | Promise<boolean | Answer | undefined>;
