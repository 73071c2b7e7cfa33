import { channelKind, channelNameProblem, errorTable, formatCursor, RealtimeError, serverFrame } from '@rt/protocol';
import type { ApplicationContract } from '../application-contract/application-contract.ts';
import { answeredByContract } from '../application-contract/member-info.ts';
import type { Authorizers } from '../authorization/authorizers.ts';
import { userChannel } from '../authorization/user-channel.ts';
import type { Connection, Subscription } from '../connection/connection.ts';
import type { Hub } from '../delivery/hub.ts';
import type { Interest } from '../delivery/interest.ts';
import type { Recovery, Wish } from '../delivery/recovery.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Limits } from '../limits.ts';
import { answeredInfo } from '../presence/info.ts';
import type { Presence } from '../presence/presence.ts';

/** What membership needs of its node. */
export interface MembershipServices {
  readonly hub: Hub;
  readonly interest: Interest;
  readonly authorizers: Authorizers;
  /** Absent where the broker has no log. */
  readonly recovery: Recovery | undefined;
  readonly lifecycle: Lifecycle;
  readonly presence: Presence;
  readonly limits: Limits;
  readonly contract: ApplicationContract | undefined;
}

/** A subscription as somebody asked for it. */
export interface Subscribing extends Wish {
  readonly channel: string;
  /** The request's number; 0 for a channel of the `connect` frame or one that the server subscribes to. */
  readonly n: number;
  /** The server itself asks: nobody has to allow it. */
  readonly isTrusted?: boolean;
}

/** Which connection has which channel: puts connections into channels and takes them out. */
export class Membership {
  readonly #services: MembershipServices;

  constructor(services: MembershipServices) {
    this.#services = services;
  }

  /**
   * Subscribes and sends the reply `sub`, in the same step in which messages begin to flow: nothing comes before it.
   * Throws `BAD_NAME`, `FORBIDDEN`, `TOO_MANY_CHANNELS`, `BROKER_DOWN`, `CANCELLED`, `UNKNOWN_CONNECTION`.
   */
  async subscribe(connection: Connection, wanted: Subscribing): Promise<void> {
    const { channel, n } = wanted;
    const problem = channelNameProblem(channel);
    if (problem !== undefined) throw new RealtimeError('BAD_NAME', problem);
    // What a connection that has gone holds would never be let go.
    if (connection.state !== 'open') throw new RealtimeError('UNKNOWN_CONNECTION', 'this connection has gone');
    const { subscriptions } = connection;
    const present = subscriptions.get(channel);
    if (present !== undefined) {
      if (wanted.isTrusted === true) present.isTrusted = true;
      await present.ready;
      const endTurn = present.info && (await this.#services.presence.turns.begin(connection));
      try {
        if (subscriptions.get(channel) !== present) throw cancelled();
        // Where it stands: the head, unless it has fallen behind.
        const position = (connection.outbox.placeIn(channel) ?? this.#services.hub.feed(channel))?.position;
        const cursor = position === undefined ? null : formatCursor(position);
        this.#reply(connection, n, channel, { cursor, isRecovered: false });
      } finally {
        endTurn?.();
      }
      return;
    }
    if (subscriptions.size >= this.#services.limits.maxChannels) {
      throw new RealtimeError(
        'TOO_MANY_CHANNELS',
        `a connection may have ${this.#services.limits.maxChannels} channels`,
      );
    }
    const isPresence = channelKind(channel) === 'presence';
    if (isPresence && connection.user === undefined) {
      throw new RealtimeError('FORBIDDEN', 'a presence channel needs a user: connect with a token');
    }
    const { contract } = this.#services;
    const refusal = wanted.isTrusted === true ? contract?.refusal(channel) : undefined;
    if (refusal !== undefined) throw refusal;
    const permission =
      wanted.isTrusted === true ? undefined : this.#services.authorizers.check(connection, channel, 'subscribe');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Whoever asked for it hears of a failure; others that wait for it do so above.
    promise.catch(() => undefined);
    const subscription: Subscription = {
      state: 'subscribing',
      ready: promise,
      isHeld: false,
      isTrusted: wanted.isTrusted === true,
      reauthorizedCount: 0,
    };
    subscriptions.set(channel, subscription);
    try {
      const answer = await permission?.catch((error: unknown) => {
        // The server asked for it meanwhile.
        if (!subscription.isTrusted) throw error;
        return undefined;
      });
      if (isPresence) {
        const info = answeredInfo(answer);
        subscription.info = contract === undefined ? info : await answeredByContract(contract, channel, info);
      }
      await this.#admit(connection, subscription, wanted);
      resolve();
    } catch (error) {
      reject(error);
      const isCurrent = subscriptions.get(channel) === subscription;
      // It was confirmed and then could not be kept, say because the log can't be read: an answer was given already.
      if (isCurrent && subscription.state === 'subscribed') this.end(connection, channel, asBrokerDown(error));
      else {
        if (isCurrent) this.#remove(connection, channel, subscription);
        throw error;
      }
    }
  }

  /** Ends a subscription by the server's will, and tells the client why. Whether there was one. */
  end(connection: Connection, channel: string, reason: RealtimeError): boolean {
    if (!this.unsubscribe(connection, channel)) return false;
    connection.send(serverFrame(['unsub', channel, reason.code, reason.message]));
    return true;
  }

  /** Whether there was something to end. */
  unsubscribe(connection: Connection, channel: string): boolean {
    const subscription = connection.subscriptions.get(channel);
    if (subscription === undefined) return false;
    this.#remove(connection, channel, subscription);
    return true;
  }

  /** Asks again for every channel of `connection`, and ends those that it may no longer have. */
  async reauthorize(connection: Connection): Promise<void> {
    await Promise.all(
      Array.from(connection.subscriptions, async ([channel, subscription]) => {
        delete subscription.maySend;
        subscription.reauthorizedCount++;
        if (subscription.isTrusted) return;
        try {
          await this.#services.authorizers.check(connection, channel, 'subscribe');
        } catch (error) {
          if (connection.subscriptions.get(channel) !== subscription || subscription.isTrusted) return;
          this.end(connection, channel, asForbidden(error));
        }
      }),
    );
  }

  /** Lets go of what `subscription` holds. `isAbrupt`: the connection dropped, and may come back. */
  leave(
    connection: Connection,
    channel: string,
    subscription: Subscription,
    { isAbrupt }: { readonly isAbrupt: boolean },
  ): void {
    this.#services.hub.leave(channel, connection);
    if (subscription.isHeld) this.#services.interest.release(channel);
    subscription.isHeld = false;
    if (subscription.state === 'subscribed') this.#services.lifecycle.emit('unsubscribed', { connection, channel });
    if (subscription.info !== undefined) this.#services.presence.leave(connection, channel, isAbrupt);
  }

  async #admit(connection: Connection, subscription: Subscription, wanted: Subscribing): Promise<void> {
    const { channel, n } = wanted;
    const { hub, interest, recovery, presence } = this.#services;
    const isCurrent = (): boolean => connection.subscriptions.get(channel) === subscription;
    if (!isCurrent()) throw cancelled();
    try {
      await interest.acquire(channel);
    } catch (cause) {
      throw asBrokerDown(cause);
    }
    if (!isCurrent()) {
      interest.release(channel);
      throw cancelled();
    }
    subscription.isHeld = true;
    const endTurn = subscription.info && (await presence.turns.begin(connection));
    const confirm = (cursor: string | null, isRecovered: boolean): void => {
      subscription.state = 'subscribed';
      const tellJoined = subscription.info && presence.enter(connection, channel, subscription.info);
      this.#reply(connection, n, channel, { cursor, isRecovered });
      endTurn?.();
      this.#services.lifecycle.emit('subscribed', { connection, channel });
      tellJoined?.();
    };
    try {
      if (!isCurrent()) throw cancelled();
      const feed = hub.feed(channel);
      if (feed === undefined || recovery === undefined) {
        hub.join(channel, connection);
        confirm(null, false);
      } else {
        await recovery.begin(connection, feed, wanted, { isCurrent, reply: confirm });
        // Confirmed and ended since: the client knows both.
        if (!isCurrent() && subscription.state === 'subscribing') throw cancelled();
      }
    } finally {
      endTurn?.();
    }
  }

  #remove(connection: Connection, channel: string, subscription: Subscription): void {
    connection.subscriptions.delete(channel);
    connection.outbox.forget(channel);
    this.leave(connection, channel, subscription, { isAbrupt: false });
  }

  #reply(
    connection: Connection,
    n: number,
    channel: string,
    at: { readonly cursor: string | null; readonly isRecovered: boolean },
  ): void {
    const reply = serverFrame(['sub', n, channel, at.cursor, at.isRecovered]);
    const roster = this.#services.presence.rosterFor(connection, channel);
    // The roster is JSON already, and may be long: it is put in as it is.
    connection.send(roster === undefined ? reply : `${reply.slice(0, -1)},${roster}]`);
  }
}

/** Whether `channel` is the own channel of the connection's user, which the server subscribes it to. */
export function isOwnUserChannel(connection: Connection, channel: string): boolean {
  return connection.user !== undefined && userChannel(connection.user.id) === channel;
}

function cancelled(): RealtimeError {
  return new RealtimeError('CANCELLED', 'unsubscribed before the subscription was confirmed');
}

function asForbidden(error: unknown): RealtimeError {
  return error instanceof RealtimeError ? error : new RealtimeError('FORBIDDEN', errorTable.FORBIDDEN.message);
}

function asBrokerDown(cause: unknown): RealtimeError {
  if (cause instanceof RealtimeError) return cause;
  return new RealtimeError('BROKER_DOWN', errorTable.BROKER_DOWN.message, { cause });
}
