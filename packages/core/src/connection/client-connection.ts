import type { JsonValue } from '@rt/protocol';
import type { TransportName } from '../contracts/transport.ts';
import type { User } from './user.ts';

/** How a client is asked. */
export interface RequestOptions {
  /** How long its answer may take, in milliseconds, up to 10 minutes. Default 10,000. */
  readonly timeoutMs?: number;
}

/** One client, on whichever node it is. */
export interface ConnectionHandle {
  /** `<node>.<random>`, public: it may be shown, and is no secret. */
  readonly id: string;
  readonly transport: TransportName;
  /** Who `authenticate` said it is; `undefined` is anonymous. */
  readonly user: User | undefined;
  /** The channels it is subscribed to: just now, or on another node when it was asked for. */
  readonly channels: readonly string[];
  /**
   * Subscribes it, by the server's will: no authorizer is asked. Rejects with `BAD_NAME`, `TOO_MANY_CHANNELS`,
   * `BROKER_DOWN`, `UNKNOWN_CONNECTION` when it has gone, and `FORBIDDEN` for an anonymous one and a presence channel.
   */
  subscribe(channel: string): Promise<void>;
  /** Ends a subscription and tells the client `reason`. Resolves with whether there was one. */
  unsubscribe(channel: string, reason?: string): Promise<boolean>;
  /**
   * Asks the client, which answers with `client.respond(event, …)`: any JSON, `null` for none, and not to be trusted. Rejects
   * with the code that the client refuses with (`UNSUPPORTED` where it responds to no such event), with `DEADLINE` after
   * `timeoutMs`, with `OUTCOME_UNKNOWN` when it went before it answered, with `UNKNOWN_CONNECTION` when it had gone before, and
   * with `BAD_NAME`, `INVALID_DATA`, `TOO_LARGE` or `BAD_OPTION` for what can't be asked.
   */
  request(event: string, data?: unknown, options?: RequestOptions): Promise<JsonValue>;
}

/** One client of this node, as the application sees it. */
export interface ClientConnection extends ConnectionHandle {
  /** The client's IP address, as `ConnectionRequest` has it. */
  readonly address: string;
  /** Aborts when it ends. */
  readonly signal: AbortSignal;
}
