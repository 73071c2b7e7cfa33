import type {
  AnyChannel,
  ChannelContract,
  ChannelOf,
  ChannelPattern,
  Contract,
  ContractProblem,
  EventInput,
  EventName,
  IfTyped,
  InfoInput,
  InfoOutput,
  JsonValue,
  PatternOrName,
  SendOutput,
} from '@rt/protocol';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { MessageHandler } from '../handlers/message-handlers.ts';
import type { MemberInfo } from '../presence/member.ts';

/** What an authorizer may be registered for: a pattern of the contract, a literal name, or a pattern that ends with a `*`. */
export type AuthorizedPattern<C extends Contract, Text extends string> = IfTyped<
  C,
  Text extends `${string}*` ? Text : PatternOrName<C, Text>,
  Text
>;

/** The authorizer of `Text`, with the info that the contract gives its members. */
export type AuthorizerOf<C extends Contract, Text extends string> = InfoAuthorizer<
  Text,
  Text extends ChannelPattern<C> ? ChannelOf<C, Text> : Text extends `${string}*` ? AnyChannel : ChannelOf<C, Text>
>;

type InfoAuthorizer<Text extends string, Channel extends ChannelContract> = Authorizer<
  Text,
  InfoInput<Channel, object>,
  InfoOutput<Channel, MemberInfo>
>;

/** The handler of one event that clients send. */
export type HandlerOf<Text extends string, Channel extends ChannelContract, Event extends string> = MessageHandler<
  Text,
  [Channel] extends [AnyChannel] ? JsonValue : SendOutput<Channel, Event>,
  RelayArguments<Channel, Event>
>;

/** What `relay` takes: the data may be left out where what was sent is what is delivered. */
type RelayArguments<Channel extends ChannelContract, Event extends string> = [Channel] extends [AnyChannel]
  ? [data?: unknown]
  : Event extends EventName<Channel>
    ? SendOutput<Channel, Event> extends EventInput<Channel, Event>
      ? [data?: EventInput<Channel, Event>]
      : [data: EventInput<Channel, Event>]
    : [data: ContractProblem<`the contract delivers no event "${Event}" here`>];
