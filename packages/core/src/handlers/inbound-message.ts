import type { JsonValue, PatternParams } from '@rt/protocol';
import type { ClientConnection } from '../connection/client-connection.ts';
import type { User } from '../connection/user.ts';
import type { Published } from '../delivery/published.ts';

/** A message that a client sent, as its handler sees it. */
export interface InboundMessage<
  Text extends string = string,
  Data = JsonValue,
  Relayed extends readonly unknown[] = [data?: unknown],
> {
  readonly channel: string;
  /** What the handler's pattern matched in the channel's name. */
  readonly params: PatternParams<Text>;
  readonly event: string;
  /** With a contract what its schema made of what the client sent; else that as it came, any JSON: check it before you use it. */
  readonly data: Data;
  readonly connection: ClientConnection;
  /** The verified sender; `undefined` is anonymous. */
  readonly user: User | undefined;
  /** Aborts when the client is gone, and when the time is over (`limits.handlerTimeoutMs`): then the sender gets `DEADLINE`. */
  readonly signal: AbortSignal;
  /**
   * Passes the message on to the other subscribers, with `data` in place of what the client sent where given.
   * Resolves when the broker accepted it; the sender's answer waits for it either way.
   */
  relay(...data: Relayed): Promise<Published>;
}
