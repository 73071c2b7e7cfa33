import type { JsonValue } from '@rt/protocol';
import type { ClientConnection } from '../connection/client-connection.ts';
import type { User } from '../connection/user.ts';
import type { Published } from '../delivery/published.ts';

/** A message that a client sent, as its handler sees it. */
export interface InboundMessage {
  readonly channel: string;
  /** What the handler's pattern matched in the channel's name. */
  readonly params: Readonly<Record<string, string>>;
  readonly event: string;
  /** As the client sent it: any JSON. Check it before you use it. */
  readonly data: JsonValue;
  readonly connection: ClientConnection;
  /** The verified sender; `undefined` is anonymous. */
  readonly user: User | undefined;
  /**
   * Passes the message on to the other subscribers, with `data` in place of what the client sent where given.
   * Resolves when the broker accepted it; the sender's answer waits for it either way.
   */
  relay(data?: unknown): Promise<Published>;
}
