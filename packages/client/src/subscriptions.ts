import { RealtimeError, toRealtimeError } from '@rt/protocol';
import type { ErrorCode, Resume, ServerFrameOf } from '@rt/protocol';
import { checkChannelName } from './channel-name.ts';
import { ChannelSubscription } from './channel-subscription.ts';
import type { SubscriptionOwner } from './channel-subscription.ts';
import type { Connection } from './connection.ts';
import type { Requests } from './requests.ts';

/** How many channels the `connect` frame takes; the others follow one by one. */
const RESUME_LIMIT = 200;
/** The wait after `RATE_LIMITED` where the server names none. */
const RETRY_MS = 1_000;

/** Every channel that the application wants, and what the server says of each. */
export class Subscriptions {
  readonly #client: Pick<SubscriptionOwner, 'send' | 'report'>;
  readonly #connection: Connection;
  readonly #requests: Requests;
  readonly #wanted = new Map<string, ChannelSubscription>();
  readonly #retries = new Set<ReturnType<typeof setTimeout>>();
  /** Channels that the `connect` frame held and that were unsubscribed before the server answered it. */
  readonly #leftEarly = new Set<string>();

  constructor(client: Pick<SubscriptionOwner, 'send' | 'report'>, connection: Connection, requests: Requests) {
    this.#client = client;
    this.#connection = connection;
    this.#requests = requests;
  }

  /** The subscription of `channel`, asked for at once where there is a connection. Throws `BAD_NAME`. */
  subscribe(channel: string): ChannelSubscription {
    const wanted = this.#wanted.get(channel);
    if (wanted !== undefined) return wanted;
    checkChannelName(channel);
    const subscription = new ChannelSubscription(channel, {
      ...this.#client,
      unsubscribe: (one) => this.#unsubscribe(one),
    });
    this.#wanted.set(channel, subscription);
    this.#ask(subscription);
    return subscription;
  }

  /** What the `connect` frame takes up: every wanted channel, as many as fit. */
  resume(): Resume {
    const channels: [string, string | null][] = [];
    for (const subscription of this.#wanted.values()) {
      subscription.pend();
      if (channels.length === RESUME_LIMIT) continue;
      subscription.askedAs = 0;
      channels.push([subscription.channel, subscription.cursor]);
    }
    return channels;
  }

  /** There is a connection: asks for what its `connect` frame did not hold. */
  opened(): void {
    for (const channel of this.#leftEarly) void this.#leave(channel);
    this.#leftEarly.clear();
    for (const subscription of this.#wanted.values()) {
      if (subscription.askedAs === undefined) this.#ask(subscription);
    }
  }

  /** The connection is gone; the next one takes up every channel. */
  lost(): void {
    this.#leftEarly.clear();
    for (const timer of this.#retries) clearTimeout(timer);
    this.#retries.clear();
    for (const subscription of this.#wanted.values()) subscription.pend();
  }

  /** There will be no connection. */
  closed(error: RealtimeError): void {
    this.lost();
    for (const subscription of this.#wanted.values()) subscription.fail(error);
  }

  /** The server's word on one channel. One that is not wanted (any more) is ignored. */
  received(frame: ServerFrameOf<'sub' | 'unsub' | 'm' | 'skip' | 'gap'>): void {
    const subscription = this.#wanted.get(frame[0] === 'sub' ? frame[2] : frame[1]);
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
    }
  }

  /** The server answered request `n` with `error`; ignored where `n` asked for no subscription. */
  refused(n: number, error: RealtimeError): void {
    for (const subscription of this.#wanted.values()) {
      if (subscription.askedAs === n) this.#refused(subscription, error);
    }
  }

  #ask(subscription: ChannelSubscription): void {
    if (this.#connection.state !== 'open') return;
    subscription.askedAs = this.#requests.nextNumber();
    this.#connection.transmit(['sub', subscription.askedAs, subscription.channel, subscription.cursor]);
  }

  #ended(subscription: ChannelSubscription, code: ErrorCode, message = 'The server ended this subscription.'): void {
    if (subscription.state === 'pending') {
      this.#refused(subscription, new RealtimeError(code, message));
    } else {
      this.#wanted.delete(subscription.channel);
      subscription.end({ code, message });
    }
  }

  #refused(subscription: ChannelSubscription, error: RealtimeError): void {
    if (error.retryable) {
      this.#askLater(subscription, retryAfterMs(error.detail));
    } else {
      this.#wanted.delete(subscription.channel);
      subscription.refuse(error);
      this.#client.report(error);
    }
  }

  #askLater(subscription: ChannelSubscription, waitMs: number): void {
    subscription.askedAs = undefined;
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      if (this.#wanted.get(subscription.channel) === subscription) this.#ask(subscription);
    }, waitMs);
    this.#retries.add(timer);
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
    try {
      await this.#requests.ask((n) => JSON.stringify(['unsub', n, channel]));
    } catch (cause) {
      const error = toRealtimeError(cause, 'HANDLER_FAILED', 'Unsubscribing failed.');
      // Without its connection the server forgets the subscription by itself.
      if (error.code !== 'OUTCOME_UNKNOWN') this.#client.report(error);
    }
  }
}

function retryAfterMs(detail: unknown): number {
  const isObject = typeof detail === 'object' && detail !== null;
  return isObject && 'retryAfterMs' in detail && typeof detail.retryAfterMs === 'number'
    ? detail.retryAfterMs
    : RETRY_MS;
}
