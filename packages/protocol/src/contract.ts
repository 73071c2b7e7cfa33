/**
 * The shape that a typed application shares between server and browser: channels by pattern, and methods.
 * `Realtime` and `RealtimeClient` are generic over it; without one, names are strings and data is untyped.
 */
export interface Contract {
  readonly channels?: Readonly<Record<string, unknown>>;
  readonly methods?: Readonly<Record<string, unknown>>;
}

/** Returns `contract` as it is; only its type becomes as narrow as possible. */
export function defineContract<const Definition extends Contract>(contract: Definition): Definition {
  return contract;
}
