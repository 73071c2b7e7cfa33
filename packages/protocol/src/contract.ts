import type { StandardSchema } from './standard-schema.ts';

/**
 * Schemas by event name: of any library that follows Standard Schema 1. To the compiler they are any objects, as it would take
 * seconds to compare the thousands of a large contract with that interface; `new Realtime` looks at them.
 */
export type EventSchemas = Readonly<Record<string, object>>;

/** What happens on the channels of one pattern. */
export interface ChannelContract {
  /** What is delivered to those who listen. */
  readonly events?: EventSchemas;
  /** What clients may send, where no rule says otherwise, and its shape. An event that is not here they may not send. */
  readonly send?: EventSchemas;
  /** The info of a member, on a presence channel. Without it the info is any object. */
  readonly presence?: StandardSchema;
  /** Data by event name, for `rt test`. */
  readonly examples?: Readonly<Record<string, unknown>>;
}

/** What a method takes and answers. Without a schema it is any JSON. */
export interface MethodContract {
  readonly input?: StandardSchema;
  readonly output?: StandardSchema;
}

/**
 * What a typed application shares between server and browser: channels by pattern, and methods by name.
 * `Realtime` and `RealtimeClient` are generic over it. Without one, or without `channels`, channels and events are
 * strings and data is untyped; the same with `methods`.
 */
export interface Contract {
  readonly channels?: Readonly<Record<string, ChannelContract>>;
  readonly methods?: Readonly<Record<string, MethodContract>>;
}

/** Returns `contract` as it is; only its type becomes as narrow as possible. */
export function defineContract<const Definition extends Contract>(contract: Definition): Definition {
  return contract;
}
