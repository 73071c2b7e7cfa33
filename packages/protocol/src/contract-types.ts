import type { ChannelContract, Contract, MethodContract } from './contract.ts';
import type { ChannelParams, IsLiteral, MatchPattern } from './pattern-types.ts';
import type { SchemaInput, SchemaOutput } from './standard-schema.ts';

/** What the compiler says where a contract does not have something. Never a value. */
export interface ContractProblem<Problem extends string> {
  readonly '~problem': Problem;
}

/** Where there is no contract: a channel with any event and any data. Never a value. */
export interface AnyChannel extends ChannelContract {
  readonly '~any': true;
}

/** The channels of a contract by pattern; by any string where there is no contract, or one without channels. */
export type ChannelsOf<C extends Contract> = C extends {
  readonly channels: infer Channels extends Readonly<Record<string, ChannelContract>>;
}
  ? Channels
  : Readonly<Record<string, AnyChannel>>;

/**
 * The patterns of a contract; any string without one. (`C extends C` makes the compiler tell of the patterns, where without it
 * it would write down the whole contract.)
 */
export type ChannelPattern<C extends Contract> = C extends C ? keyof ChannelsOf<C> & string : never;

/** `Typed` where the contract has channels, else `Untyped`. */
export type IfTyped<C extends Contract, Typed, Untyped> = string extends keyof ChannelsOf<C> ? Untyped : Typed;

/** `Name` itself where it is a literal that names a channel of the contract, else what is wrong with it. */
export type ChannelName<C extends Contract, Name extends string> = IfTyped<
  C,
  CheckedName<ChannelPattern<C>, Name>,
  Name
>;

/** One of the contract's patterns, or a literal name as `ChannelName`. */
export type PatternOrName<C extends Contract, Text extends string> =
  Text extends ChannelPattern<C>
    ? Text
    : Text extends `${string}${'{' | '*'}${string}`
      ? ContractProblem<`the contract has no pattern "${Text}"`>
      : ChannelName<C, Text>;

/** What comes behind a pattern or name: the params of a pattern that has some; anything without a contract. */
export type ParamsArguments<C extends Contract, Text extends string> = IfTyped<
  C,
  Text extends `${string}${'{' | '*'}${string}` ? [params: ChannelParams<Text>] : [],
  [params?: ChannelParams<Text>]
>;

/** What the contract says of the channel `Text`, which is one of its patterns or a literal name. */
export type ChannelOf<C extends Contract, Text extends string> = ChannelsOf<C>[Text extends ChannelPattern<C>
  ? Text
  : MatchPattern<ChannelPattern<C>, Text>];

/** What the contract says of users' own channels. No name of one has a `?`, so this matches no literal. */
export type UserChannelOf<C extends Contract> = ChannelOf<C, 'user.?'>;

/** The events that are delivered on a channel; of several possible channels, those that all of them have. */
export type EventName<Channel extends ChannelContract> = [Channel] extends [AnyChannel]
  ? string
  : keyof EventsOf<Channel> & string;

/** An event's data as it is given to `broadcast`. */
export type EventInput<Channel extends ChannelContract, Event extends string> = InputOfAll<EventsOf<Channel>, Event>;

/** An event's data as listeners get it. */
export type EventOutput<Channel extends ChannelContract, Event extends string> = OutputOf<EventsOf<Channel>, Event>;

/** The events that clients may send to a channel. */
export type SendName<Channel extends ChannelContract> = [Channel] extends [AnyChannel]
  ? string
  : keyof SendsOf<Channel> & string;

/** The data of an event as a client gives it to `send`. */
export type SendInput<Channel extends ChannelContract, Event extends string> = InputOfAll<SendsOf<Channel>, Event>;

/** The data of a client's event as its handler gets it. */
export type SendOutput<Channel extends ChannelContract, Event extends string> = OutputOf<SendsOf<Channel>, Event>;

/** A member's info as an authorizer answers it or a client asks for it; `Any` where the contract leaves it open. */
export type InfoInput<Channel extends ChannelContract, Any> = Channel extends { readonly presence: infer Schema }
  ? SchemaInput<Schema>
  : Any;

/** A member's info as everybody sees it; `Any` where the contract leaves it open. */
export type InfoOutput<Channel extends ChannelContract, Any> = Channel extends { readonly presence: infer Schema }
  ? SchemaOutput<Schema>
  : Any;

/** The arguments behind an event's name. Data may be left out where its schema takes `undefined`. */
export type DataArguments<Data, Options> = undefined extends Data
  ? [data?: Data, options?: Options]
  : [data: Data, options?: Options];

/** The methods of a contract by name; by any string where there is no contract, or one without methods. */
export type MethodsOf<C extends Contract> = C extends {
  readonly methods: infer Methods extends Readonly<Record<string, MethodContract>>;
}
  ? Methods
  : Readonly<Record<string, MethodContract>>;

/** The names of a contract's methods; any string without one. As `ChannelPattern`. */
export type MethodName<C extends Contract> = C extends C ? keyof MethodsOf<C> & string : never;

/** What a caller gives to a method; `unknown` without a schema. */
export type MethodInput<C extends Contract, Name extends MethodName<C>> = MethodsOf<C>[Name] extends {
  readonly input: infer Schema;
}
  ? SchemaInput<Schema>
  : unknown;

/** A method's input as the method gets it: validated. `unknown` without a schema. */
export type MethodReceived<C extends Contract, Name extends MethodName<C>> = MethodsOf<C>[Name] extends {
  readonly input: infer Schema;
}
  ? SchemaOutput<Schema>
  : unknown;

/** What a method returns; `unknown` without a schema. */
export type MethodAnswer<C extends Contract, Name extends MethodName<C>> = MethodsOf<C>[Name] extends {
  readonly output: infer Schema;
}
  ? SchemaInput<Schema>
  : unknown;

/** What a method's caller gets; `unknown` without a schema. */
export type MethodOutput<C extends Contract, Name extends MethodName<C>> = MethodsOf<C>[Name] extends {
  readonly output: infer Schema;
}
  ? SchemaOutput<Schema>
  : unknown;

type CheckedName<Patterns extends string, Name extends string> =
  IsLiteral<Name> extends true
    ? Name extends BadName
      ? ContractProblem<`"${Name}" can not name a channel`>
      : [MatchPattern<Patterns, Name>] extends [never]
        ? ContractProblem<`no channel of the contract matches "${Name}"`>
        : Name
    : ContractProblem<'with a contract a channel is a literal name; for one that is made at run time use channel(pattern, params)'>;

/** Names with the characters of patterns, and the others of ASCII that one may type but no name has. */
type BadName = `${string}${Forbidden}${string}`;
type Forbidden =
  | '{'
  | '}'
  | '*'
  | ' '
  | '/'
  | '\\'
  | '?'
  | '#'
  | '%'
  | '&'
  | '+'
  | '$'
  | '!'
  | '~'
  | '^'
  | '|'
  | '"'
  | "'"
  | '`'
  | '('
  | ')'
  | '['
  | ']'
  | '<'
  | '>';

type EventsOf<Channel extends ChannelContract> = Channel extends { readonly events: infer Events } ? Events : unknown;
type SendsOf<Channel extends ChannelContract> = Channel extends { readonly send: infer Events } ? Events : unknown;

/** What comes out for one event: for one of all kinds of channels that it may be. */
type OutputOf<Events, Event extends string> = Events extends Events
  ? Event extends keyof Events
    ? SchemaOutput<Events[Event]>
    : unknown
  : never;

/** What goes in for one event: what suits all kinds of channels that it may be. */
type InputOfAll<Events, Event extends string> = (
  Events extends Events ? (data: Event extends keyof Events ? SchemaInput<Events[Event]> : unknown) => void : never
) extends (data: infer Data) => void
  ? Data
  : never;
