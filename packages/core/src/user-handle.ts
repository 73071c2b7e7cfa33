import type { AnyChannel, ChannelContract, DataArguments, EventInput, EventName } from '@rt/protocol';
import type { ConnectionHandle } from './connection/client-connection.ts';
import type { BroadcastOptions } from './delivery/broadcasts.ts';
import type { Published } from './delivery/published.ts';

/** What the client is told when the application ends its connection. */
export interface DisconnectReason {
  /** Close code from 3000 to 4999. Default 4502: do not come back. */
  readonly code?: number;
  readonly reason?: string;
}

/** One user, on all their connections to all nodes. What asks other nodes rejects with `DEADLINE` where one does not answer in 2 s. */
export interface UserHandle<Channel extends ChannelContract = AnyChannel> {
  readonly id: string;
  isOnline(): Promise<boolean>;
  connections(): Promise<readonly ConnectionHandle[]>;
  /** As `realtime.sendToUser`. */
  send<Event extends EventName<Channel>>(
    event: Event,
    ...data: DataArguments<EventInput<Channel, Event>, BroadcastOptions>
  ): Promise<Published>;
  /** Ends all connections; resolves with how many there were. */
  disconnect(reason?: DisconnectReason): Promise<number>;
  /** Asks the authorizers again for every channel; what they now refuse ends with `FORBIDDEN`. */
  reauthorize(): Promise<void>;
}
