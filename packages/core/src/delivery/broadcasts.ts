import { RealtimeError } from '@rt/protocol';
import type { ApplicationContract } from '../application-contract/application-contract.ts';
import { RemoteConnection } from '../cluster/remote-connection.ts';
import type { ConnectionHandle } from '../connection/client-connection.ts';
import { Connection } from '../connection/connection.ts';
import { instanceHash } from '../connection/instance.ts';
import type { Messages, OutgoingMessage } from './messages.ts';
import { publishKey } from './publish-key.ts';
import type { Published } from './published.ts';

/** Who must not get a message: a connection's client program, or one named by its instance and (where it has one) user. */
export type Except = ConnectionHandle | { readonly instance: string; readonly user?: string };

/** How one message is broadcast. */
export interface BroadcastOptions {
  /** This client program does not get it. The other devices of its user do. */
  readonly except?: Except;
  /** Not kept, at most once. A channel without history carries every message so. */
  readonly volatile?: boolean;
  /** A second broadcast to the channel with this id, within two minutes, is not published and gets the first one's cursor. */
  readonly id?: string;
}

const NO_OPTIONS: BroadcastOptions = {};

/** What broadcasting needs of its node. */
export interface BroadcastServices {
  readonly messages: Messages;
  readonly contract: ApplicationContract | undefined;
  readonly isStarted: () => boolean;
  readonly start: () => Promise<void>;
}

/** The application's own messages, on their way to where all messages go. */
export class Broadcasts {
  readonly #services: BroadcastServices;

  constructor(services: BroadcastServices) {
    this.#services = services;
  }

  /** As `realtime.broadcast`. */
  broadcast(channel: string, event: string, data?: unknown, options = NO_OPTIONS): Promise<Published> {
    const { contract } = this.#services;
    try {
      if (contract === undefined) return this.#publish({ channel, event }, data, options);
      const checked = contract.outgoing(channel, event, data);
      if (!(checked instanceof Promise)) return this.#publish({ channel, event }, checked.value, options);
      return checked.then(({ value }) => this.#publish({ channel, event }, value, options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #publish(
    { channel, event }: { readonly channel: string; readonly event: string },
    data: unknown,
    { except, volatile: isVolatile, id }: BroadcastOptions,
  ): Promise<Published> {
    const { messages, isStarted, start } = this.#services;
    const message: OutgoingMessage = {
      channel,
      event,
      dataText: messages.checked(channel, event, data),
      except: except === undefined ? undefined : hashOf(except),
      isVolatile,
      publishKey: id === undefined ? undefined : publishKey(undefined, id),
    };
    if (isStarted()) return messages.publish(message);
    messages.onPublish?.(message);
    // Only the first broadcast of a publisher has to wait for the broker: later ones join their own tick.
    return start().then(() => messages.publish(message));
  }
}

function hashOf(except: Except): string {
  if (except instanceof Connection || except instanceof RemoteConnection) return except.instanceHash;
  if ('instance' in except) return instanceHash(except.user, except.instance);
  throw new RealtimeError('BAD_OPTION', 'except takes a connection of this Realtime or { instance, user? }');
}
