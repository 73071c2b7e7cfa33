import type { Published } from '../delivery/messages.ts';
import type { BroadcastOptions } from '../realtime.ts';

/** One channel, seen from the server. */
export interface ChannelHandle {
  readonly name: string;
  /** As `realtime.broadcast` to this channel. */
  broadcast(event: string, data?: unknown, options?: BroadcastOptions): Promise<Published>;
  /** How many connections are subscribed. */
  subscriberCount(): Promise<number>;
}
