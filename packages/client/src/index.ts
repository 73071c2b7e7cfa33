/**
 * The rt client for browsers and Node. It imports `@rt/protocol`, and loads more only where WebSockets don't get through;
 * importing it and making a client touch no global, so both may happen on a server that renders pages.
 */
export { defineContract, RealtimeError } from '@rt/protocol';
export type {
  AnyChannel,
  ChannelContract,
  ChannelName,
  ChannelParams,
  ChannelPattern,
  Contract,
  ContractProblem,
  ErrorCode,
  JsonValue,
  MethodContract,
  MethodInput,
  MethodName,
  MethodOutput,
  StandardSchema,
} from '@rt/protocol';
export type { Backoff } from './backoff.ts';
export type { Listenable, Listener, Off } from './emitter.ts';
export type { HistoryMessage, HistoryOptions, HistoryPage } from './features/history.ts';
export type { Message } from './message.ts';
export type { ClientOptions, HeartbeatTimes } from './options.ts';
export type { Member, MemberInfo, Presence, PresenceEvents } from './presence.ts';
export { RealtimeClient } from './realtime-client.ts';
export type { ClientEvents, DirectEvents } from './realtime-client.ts';
export type { Responder } from './features/respond.ts';
export type { CallOptions, SendOptions, SendResult } from './send-queue.ts';
export type { Socket, SocketConstructor } from './socket.ts';
export type { ConnectionState, StateChange } from './state-change.ts';
export type {
  AnyListener,
  LifecycleEvents,
  MessageListener,
  SubscribeOptions,
  Subscription,
  SubscriptionState,
} from './subscription.ts';
export type { TokenSource } from './token.ts';
export type { TransportName } from './transport-name.ts';
export type { SubscriptionOf, TypedHistoryPage, TypedSubscription } from './typed-subscription.ts';
export type { UserChannel } from './user-channel.ts';
