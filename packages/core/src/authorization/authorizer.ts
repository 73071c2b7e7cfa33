import type { ClientConnection } from '../connection/client-connection.ts';
import type { User } from '../connection/user.ts';
import type { PatternParams } from './pattern-params.ts';

/** What a client wants to do with a channel. */
export type ChannelAction = 'subscribe' | 'send' | 'history';

/** What an authorizer decides on. */
export interface AuthorizationRequest<Text extends string = string> {
  /** Who asks; `undefined` is anonymous. */
  readonly user: User | undefined;
  /** What the authorizer's pattern matched in the channel's name. */
  readonly params: PatternParams<Text>;
  readonly channel: string;
  readonly connection: ClientConnection;
  readonly action: ChannelAction;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/**
 * Says whether a client may do something with a channel: `true`, or on presence channels what the others see of the
 * member. Anything else is no. Throwing is no as well, and is logged.
 */
export type Authorizer<Text extends string = string> = (
  request: AuthorizationRequest<Text>,
) => boolean | object | undefined | Promise<boolean | object | undefined>;
