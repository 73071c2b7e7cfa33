import { RealtimeError } from '@rt/protocol';
import type { Resume, ServerFrame } from '@rt/protocol';
import { checkChannelName } from './channel-name.ts';
import { ChannelSubscription } from './channel-subscription.ts';
import type { SubscriptionOwner } from './channel-subscription.ts';
import type { Connection } from './connection.ts';
import type { Requests } from './requests.ts';
import { retryAfterMs } from './retry-after.ts';
import type { SendQueue } from './send-queue.ts';
import { Timer } from './timer.ts';

/** How many channels the `connect` frame takes; the others follow one by one. */
const RESUME_LIMIT = 200;
/** What the name of a user's own channel starts with. */
const USER_PREFIX = 'user.';

/** Every channel that the application wants, and what the server says of each. */
export class Subscriptions implements SubscriptionOwner {
  /** The user's own channel: wanted from when the server has subscribed the connection to it. */
  readonly user: ChannelSubscription;
  readonly sends: SendQueue;
  readonly requests: Requests;
  readonly report: (error: RealtimeError) => void;
  readonly #connection: Connection;
  readonly #wanted = new Map<string, ChannelSubscription>();
  /** Asks again for what the server was asked for too fast. */
  readonly #retry = new Timer();
  /** What the last `connect` frame took up. */
  #resumed: readonly ChannelSubscription[] = [];

  constructor(sends: SendQueue, requests: Requests, connection: Connection, report: (error: RealtimeError) => void) {
    this.sends = sends;
    this.requests = requests;
    this.report = report;
    this.#connection = connection;
    this.user = new ChannelSubscription('', this);
  }

  /** The subscription of `channel`, asked for at once where there is a connection. Throws `BAD_NAME`. */
  subscribe(channel: string, last?: number): ChannelSubscription {
    const wanted = this.#wanted.get(channel);
    if (wanted) return wanted;
    checkChannelName(channel);
    const subscription = new ChannelSubscription(channel, this, last);
    this.#wanted.set(channel, subscription);
    this.#ask(subscription);
    return subscription;
  }

  /** Ends one subscription at once; resolves when the server knows. */
  async unsubscribe(subscription: ChannelSubscription): Promise<void> {
    const { channel, askedAs } = subscription;
    if (this.#wanted.get(channel) !== subscription) return;
    this.#wanted.delete(channel);
    subscription.end({});
    // Else it was not asked for, or `opened` sees to it.
    if (askedAs !== undefined && this.#connection.state === 'open') await this.#leave(channel);
  }

  /** What the `connect` frame takes up: every wanted channel, as many as fit. */
  resume(): Resume {
    this.#pend();
    this.#resumed = [...this.#wanted.values()].slice(0, RESUME_LIMIT);
    return this.#resumed.map((subscription) => {
      subscription.askedAs = 0;
      return subscription.place;
    });
  }

  /** There is a connection: asks for what its `connect` frame did not hold. */
  opened(): void {
    for (const { state, channel } of this.#resumed) if (state === 'unsubscribed') void this.#leave(channel);
    this.#askMissing();
  }

  /** The connection is gone; the next one takes up every channel. */
  lost(): void {
    this.#retry.stop();
    this.#pend();
  }

  /** There will be no connection. */
  closed(error: RealtimeError): void {
    for (const subscription of this.#wanted.values()) subscription.fail(error);
  }

  /** The server's word on one channel. One that is not wanted (any more), and every other frame, is ignored. */
  received(frame: ServerFrame): void {
    if (frame[0] === 'sub') {
      const [, n, channel] = frame;
      if (!n && !this.#wanted.has(channel)) this.#adopt(channel);
      const subscription = this.#wanted.get(channel);
      // Else it confirms an earlier subscription of this channel, which has ended.
      if (subscription?.askedAs === n) subscription.confirm(frame);
    } else if (frame[0] === 'unsub') {
      const [, channel, code, message = code] = frame;
      const subscription = this.#wanted.get(channel);
      if (subscription?.state === 'pending') {
        this.#refused(subscription, new RealtimeError(code, message));
      } else {
        this.#wanted.delete(channel);
        subscription?.end({ code, message });
      }
    } else {
      this.#wanted.get(frame[1] as string)?.received(frame);
    }
  }

  /** The server answered request `n` with `error`; ignored where `n` asked for no subscription. */
  refused(n: number, error: RealtimeError): void {
    for (const subscription of this.#wanted.values()) {
      if (subscription.askedAs === n) this.#refused(subscription, error);
    }
  }

  /** The server subscribed the connection to `channel`, unasked: to the user's own one, if it is one of a user. */
  #adopt(channel: string): void {
    if (this.user.state === 'subscribed' || !channel.startsWith(USER_PREFIX)) return;
    // That of another user, whose place is worth nothing here.
    this.#wanted.delete(this.user.channel);
    this.user.channel = channel;
    this.user.cursor = null;
    this.user.askedAs = 0;
    this.#wanted.set(channel, this.user);
  }

  #pend(): void {
    for (const subscription of this.#wanted.values()) subscription.pend();
  }

  #ask(subscription: ChannelSubscription): void {
    if (this.#connection.state !== 'open') return;
    subscription.askedAs = this.requests.nextNumber();
    this.#connection.transmit(['sub', subscription.askedAs, ...subscription.place]);
  }

  #refused(subscription: ChannelSubscription, error: RealtimeError): void {
    if (error.retryable) {
      subscription.askedAs = undefined;
      this.#retry.start(retryAfterMs(error), () => this.#askMissing());
    } else {
      this.#wanted.delete(subscription.channel);
      // The client has another user now, who may not have the channel of the one before.
      if (subscription === this.user) return;
      subscription.refuse(error);
      this.report(error);
    }
  }

  #askMissing(): void {
    for (const subscription of this.#wanted.values()) {
      if (subscription.askedAs === undefined) this.#ask(subscription);
    }
  }

  async #leave(channel: string): Promise<void> {
    await this.requests
      .ask((n) => ['unsub', n, channel])
      .catch((error: RealtimeError) => {
        // Without its connection the server forgets the subscription by itself.
        if (error.code !== 'OUTCOME_UNKNOWN') this.report(error);
      });
  }
}
