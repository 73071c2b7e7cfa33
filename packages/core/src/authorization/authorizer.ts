import type { ClientConnection } from '../connection/client-connection.ts';
import type { User } from '../connection/user.ts';
import type { MemberInfo } from '../presence/member.ts';
import type { PatternParams } from './pattern-params.ts';

/** What a client wants to do with a channel. `update`: change what the others see of it as a member. */
export type ChannelAction = 'subscribe' | 'send' | 'history' | 'update';

/** What an authorizer decides on. */
export interface AuthorizationRequest<Text extends string = string> {
  /** Who asks; `undefined` is anonymous. */
  readonly user: User | undefined;
  /** What the authorizer's pattern matched in the channel's name. */
  readonly params: PatternParams<Text>;
  readonly channel: string;
  readonly connection: ClientConnection;
  readonly action: ChannelAction;
  /** For `update`: the info that the client asks for, an object of at most 4 KiB of JSON. Not to be trusted. */
  readonly info?: MemberInfo;
  /** Aborts when the client is gone, and when the time to answer is over (`limits.decisionTimeoutMs`). */
  readonly signal: AbortSignal;
}

/**
 * Says whether a client may do something with a channel: `true`, or on presence channels what the others see of the
 * member (an object that JSON can say; `true` is `{}`, and for `update` the info that was asked for). Anything else is
 * no. Throwing is no as well, and so is no answer in time (`limits.decisionTimeoutMs`, 10 s); both are logged.
 */
export type Authorizer<Text extends string = string> = (
  request: AuthorizationRequest<Text>,
) => boolean | object | undefined | Promise<boolean | object | undefined>;
