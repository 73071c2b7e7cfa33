import type { TransportName } from '../contracts/transport.ts';
import type { User } from './user.ts';

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
}

/** One client of this node, as the application sees it. */
export interface ClientConnection extends ConnectionHandle {
  /** The client's IP address, as `ConnectionRequest` has it. */
  readonly address: string;
  /** Aborts when it ends. */
  readonly signal: AbortSignal;
}
