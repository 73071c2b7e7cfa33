import type { AnyChannel, ChannelContract } from '@rt/protocol';
import type { SubscriptionOf } from './typed-subscription.ts';

/**
 * The messages for the client's user, whichever connection of theirs it is. The server subscribes every connection of a
 * user; nothing arrives while the client is anonymous. What was missed while away follows, as on any channel.
 */
export type UserChannel<Channel extends ChannelContract = AnyChannel> = Pick<
  SubscriptionOf<Channel>,
  'lifecycle' | 'on' | 'once' | 'off' | 'onAny'
>;
