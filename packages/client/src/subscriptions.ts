import { RealtimeError } from '@rt/protocol';
import type { ErrorCode, Resume, ServerFrame } from '@rt/protocol';
import { checkChannelName } from './channel-name.ts';
import { ChannelSubscription } from './channel-subscription.ts';
import type { SubscriptionOwner } from './channel-subscription.ts';
import type { Connection } from './connection.ts';
import { retryAfterMs } from './retry-after.ts';

/** How many channels the `connect` frame takes; the others follow one by one. */
const RESUME_LIMIT = 200;
/** What the name of a user's own channel starts with. */
const USER_PREFIX = 'user.';

/** Every channel that the application wants, and what the server says of each. */
export class Subscriptions {
  /** The user's own channel: wanted from when the server has subscribed the connection to it. */
  readonly user: ChannelSubscription;
  readonly #owner: SubscriptionOwner;
  readonly #connection: Connection;
  readonly #wanted = new Map<string, ChannelSubscription>();
  /** Asks again for what the server was asked for too fast. */
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Channels that the `connect` frame held and that were unsubscribed before the server answered it. */
  readonly #leftEarly = new Set<string>();
  /** Whose own channel `user` is. */
  #userId: string | undefined;

  constructor(owner: Omit<SubscriptionOwner, 'unsubscribe'>, connection: Connection) {
    this.#owner = { ...owner, unsubscribe: (one) => this.#unsubscribe(one) };
    this.#connection = connection;
    this.user = new ChannelSubscription('', this.#owner);
  }

  /** The subscription of `channel`, asked for at once where there is a connection. Throws `BAD_NAME`. */
  subscribe(channel: string, last?: number): ChannelSubscription {
    const wanted = this.#wanted.get(channel);
    if (wanted !== undefined) return wanted;
    checkChannelName(channel);
    const subscription = new ChannelSubscription(channel, this.#owner, last);
    this.#wanted.set(channel, subscription);
    this.#ask(subscription);
    return subscription;
  }

  /** What the `connect` frame takes up: every wanted channel, as many as fit. */
  resume(): Resume {
    const channels: Resume[number][] = [];
    for (const subscription of this.#wanted.values()) {
      subscription.pend();
      if (channels.length === RESUME_LIMIT) continue;
      subscription.askedAs = 0;
      channels.push(subscription.place);
    }
    return channels;
  }

  /** There is a connection: asks for what its `connect` frame did not hold. */
  opened(): void {
    const { userId } = this.#connection;
    if (userId !== this.#userId) {
      // Another user: the place in the channel of the one before is worth nothing.
      if (this.#wanted.get(this.user.channel) === this.user) this.#wanted.delete(this.user.channel);
      this.user.cursor = null;
      this.#userId = userId;
    }
    for (const channel of this.#leftEarly) void this.#leave(channel);
    this.#leftEarly.clear();
    this.#askMissing();
  }

  /** The connection is gone; the next one takes up every channel. */
  lost(): void {
    this.#leftEarly.clear();
    clearTimeout(this.#retry);
    for (const subscription of this.#wanted.values()) subscription.pend();
  }

  /** There will be no connection. */
  closed(error: RealtimeError): void {
    for (const subscription of this.#wanted.values()) subscription.fail(error);
  }

  /** The server's word on one channel. One that is not wanted (any more), and every other frame, is ignored. */
  received(frame: ServerFrame): void {
    if (frame[0] === 'sub') this.#adopt(frame[1], frame[2]);
    const subscription = this.#wanted.get(String(frame[0] === 'sub' ? frame[2] : frame[1]));
    if (subscription === undefined) return;
    switch (frame[0]) {
      case 'm':
        subscription.deliver(frame);
        return;
      case 'sub':
        // Else it confirms an earlier subscription of this channel, which has ended.
        if (frame[1] === subscription.askedAs) subscription.confirm(frame[3], frame[4]);
        return;
      case 'unsub':
        this.#ended(subscription, frame[2], frame[3]);
        return;
      case 'skip':
        subscription.cursor = frame[2];
        return;
      case 'gap':
        subscription.gap(frame[2], frame[3]);
        return;
      default:
        return;
    }
  }

  /** The server answered request `n` with `error`; ignored where `n` asked for no subscription. */
  refused(n: number, error: RealtimeError): void {
    for (const subscription of this.#wanted.values()) {
      if (subscription.askedAs === n) this.#refused(subscription, error);
    }
  }

  /** The server subscribed the connection to a channel of a user: to the user's own one, unless it was asked for. */
  #adopt(n: number, channel: string): void {
    const isAskedFor = n > 0 || this.#wanted.has(channel);
    if (isAskedFor || this.user.state === 'subscribed' || !channel.startsWith(USER_PREFIX)) return;
    this.user.channel = channel;
    this.user.askedAs = 0;
    this.#wanted.set(channel, this.user);
  }

  #ask(subscription: ChannelSubscription): void {
    if (this.#connection.state !== 'open') return;
    subscription.askedAs = this.#owner.requests.nextNumber();
    this.#connection.transmit(['sub', subscription.askedAs, ...subscription.place]);
  }

  #ended(subscription: ChannelSubscription, code: ErrorCode, message: string = code): void {
    if (subscription.state === 'pending') {
      this.#refused(subscription, new RealtimeError(code, message));
    } else {
      this.#wanted.delete(subscription.channel);
      subscription.end({ code, message });
    }
  }

  #refused(subscription: ChannelSubscription, error: RealtimeError): void {
    if (error.retryable) {
      subscription.askedAs = undefined;
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#askMissing(), retryAfterMs(error));
    } else {
      this.#wanted.delete(subscription.channel);
      subscription.refuse(error);
      this.#owner.report(error);
    }
  }

  #askMissing(): void {
    for (const subscription of this.#wanted.values()) {
      if (subscription.askedAs === undefined) this.#ask(subscription);
    }
  }

  async #unsubscribe(subscription: ChannelSubscription): Promise<void> {
    const { channel, askedAs } = subscription;
    if (this.#wanted.get(channel) !== subscription) return;
    this.#wanted.delete(channel);
    subscription.end({});
    // Not asked for on this connection: there is nothing that the server would have to end.
    if (askedAs === undefined) return;
    if (this.#connection.state === 'open') await this.#leave(channel);
    else this.#leftEarly.add(channel);
  }

  async #leave(channel: string): Promise<void> {
    await this.#owner.requests
      .ask((n) => ['unsub', n, channel])
      .catch((error: RealtimeError) => {
        // Without its connection the server forgets the subscription by itself.
        if (error.code !== 'OUTCOME_UNKNOWN') this.#owner.report(error);
      });
  }
}
