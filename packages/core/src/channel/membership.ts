import { channelKind, channelNameProblem, errorTable, RealtimeError, serverFrame } from '@rt/protocol';
import type { Connection, Subscription } from '../connection/connection.ts';
import type { Hub } from '../delivery/hub.ts';
import type { Interest } from '../delivery/interest.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Limits } from '../limits.ts';

/** Which connection has which channel: puts connections into channels and takes them out. */
export class Membership {
  readonly #hub: Hub;
  readonly #interest: Interest;
  readonly #lifecycle: Lifecycle;
  readonly #limits: Limits;

  constructor(hub: Hub, interest: Interest, lifecycle: Lifecycle, limits: Limits) {
    this.#hub = hub;
    this.#interest = interest;
    this.#lifecycle = lifecycle;
    this.#limits = limits;
  }

  /**
   * Subscribes and sends the reply `sub`, in the same step in which messages begin to flow: nothing comes before it.
   * `n` is 0 for a channel of the `connect` frame. Throws `BAD_NAME`, `FORBIDDEN`, `TOO_MANY_CHANNELS`, `BROKER_DOWN`.
   */
  async subscribe(connection: Connection, n: number, channel: string): Promise<void> {
    const problem = channelNameProblem(channel);
    if (problem !== undefined) throw new RealtimeError('BAD_NAME', problem);
    // Only public channels can do without an authorizer, and there are no authorizers yet.
    if (channelKind(channel) !== 'public') throw new RealtimeError('FORBIDDEN', 'no authorizer allows this channel');
    const present = connection.subscriptions.get(channel);
    if (present !== undefined) {
      await present.ready;
      this.#confirm(connection, n, channel, present);
      return;
    }
    if (connection.subscriptions.size >= this.#limits.maxChannels) {
      throw new RealtimeError('TOO_MANY_CHANNELS', `a connection may have ${this.#limits.maxChannels} channels`);
    }
    const subscription: Subscription = { state: 'subscribing', ready: this.#interest.acquire(channel) };
    connection.subscriptions.set(channel, subscription);
    try {
      await subscription.ready;
    } catch (error) {
      if (connection.subscriptions.get(channel) === subscription) connection.subscriptions.delete(channel);
      throw new RealtimeError('BROKER_DOWN', errorTable.BROKER_DOWN.message, { cause: error });
    }
    if (connection.subscriptions.get(channel) === subscription) {
      subscription.state = 'subscribed';
      this.#hub.add(channel, connection);
    } else {
      this.#interest.release(channel);
    }
    this.#confirm(connection, n, channel, subscription);
    if (subscription.state === 'subscribed') this.#lifecycle.emit('subscribed', { connection, channel });
  }

  /** Whether there was something to end. */
  unsubscribe(connection: Connection, channel: string): boolean {
    const subscription = connection.subscriptions.get(channel);
    if (subscription === undefined) return false;
    connection.subscriptions.delete(channel);
    this.leave(connection, channel, subscription);
    return true;
  }

  /** Lets go of what `subscription` holds; one that is still subscribing lets go by itself. */
  leave(connection: Connection, channel: string, subscription: Subscription): void {
    if (subscription.state === 'subscribing') return;
    this.#hub.remove(channel, connection);
    this.#interest.release(channel);
    this.#lifecycle.emit('unsubscribed', { connection, channel });
  }

  #confirm(connection: Connection, n: number, channel: string, subscription: Subscription): void {
    if (connection.subscriptions.get(channel) !== subscription) {
      throw new RealtimeError('CANCELLED', 'unsubscribed before the subscription was confirmed');
    }
    connection.send(serverFrame(['sub', n, channel, null, false]));
  }
}
