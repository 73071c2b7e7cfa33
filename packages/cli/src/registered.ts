import type {
  AuthorizedPattern,
  Authorizer,
  AuthorizerOf,
  Contract,
  HandlerOf,
  MessageHandler,
  Method,
} from '@rt/core';
import type {
  ChannelOf,
  ContractProblem,
  IfTyped,
  MethodAnswer,
  MethodName,
  MethodReceived,
  MethodsOf,
  PatternOrName,
  SendName,
} from '@rt/protocol';

/** Authorizers by what they are registered for, each as `realtime.authorize` takes it. */
export type AuthorizersOf<C extends Contract, Texts extends string> = IfTyped<
  C,
  {
    readonly [Text in Texts]?: AuthorizedPattern<C, Text> extends Text
      ? AuthorizerOf<C, Text>
      : AuthorizedPattern<C, Text>;
  },
  Readonly<Record<string, Authorizer>>
>;

/** Handlers by what they are registered for and by event, each as `realtime.handle` takes it. */
export type HandlersOf<C extends Contract, Texts extends string> = IfTyped<
  C,
  { readonly [Text in Texts]?: PatternOrName<C, Text> extends Text ? EventHandlers<C, Text> : PatternOrName<C, Text> },
  Readonly<Record<string, Readonly<Record<string, MessageHandler>>>>
>;

/** Methods by name, each as `realtime.method` takes it. */
export type MethodsByName<C extends Contract> = string extends keyof MethodsOf<C>
  ? Readonly<Record<string, Method>>
  : { readonly [Name in MethodName<C>]?: Method<MethodReceived<C, Name>, MethodAnswer<C, Name>> };

/** An object type without members would take any. */
type EventHandlers<C extends Contract, Text extends string, Event extends string = SendName<ChannelOf<C, Text>>> = [
  Event,
] extends [never]
  ? ContractProblem<`by the contract clients send nothing to "${Text}"`>
  : { readonly [Each in Event]?: HandlerOf<Text, ChannelOf<C, Text>, Each> };
