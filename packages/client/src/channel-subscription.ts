import { RealtimeError } from '@rt/protocol';
import type { ErrorCode, Resume, ServerFrame, ServerFrameOf } from '@rt/protocol';
import { ChannelPresence } from './channel-presence.ts';
import { Deferred } from './deferred.ts';
import { Emitter } from './emitter.ts';
import type { Off } from './emitter.ts';
import type { HistoryOptions, HistoryPage } from './features/history.ts';
import { loadFeatures } from './loaded.ts';
import { messageOf } from './message.ts';
import { checkNumber } from './options.ts';
import type { NumberedFrame, Requests } from './requests.ts';
import type { SendOptions, SendQueue, SendResult } from './send-queue.ts';
import type { AnyListener, LifecycleEvents, Subscription, SubscriptionState } from './subscription.ts';

/** The listeners of each event, and under `ANY` those of all. The application says what they get; nothing here could check it. */
type MessageEvents = Readonly<Record<string, readonly never[]>>;

/** The most that a subscription may begin with. */
const MAX_MESSAGES = 1_000;
/** No event is called so. */
const ANY = '';

/** What a subscription asks of its client. */
export interface SubscriptionOwner {
  readonly sends: SendQueue;
  readonly requests: Requests;
  unsubscribe(subscription: ChannelSubscription): Promise<void>;
  /** Tells an error that no promise tells. */
  readonly report: (error: RealtimeError) => void;
}

/** A `Subscription`, with the half of it that the client drives. */
export class ChannelSubscription extends Emitter<MessageEvents> implements Subscription {
  channel: string;
  readonly report: (error: RealtimeError) => void;
  readonly lifecycle: Emitter<LifecycleEvents>;
  readonly presence: ChannelPresence;
  state: SubscriptionState = 'pending';
  /** The place after the last message whose listeners ran, to resume from. */
  cursor: string | null = null;
  /** The number it was asked for under on this connection, 0 for the `connect` frame's list; absent when it was not. */
  askedAs: number | undefined;
  /** How many of the newest messages the first confirmation brings. */
  #last: readonly [count?: number] = [];
  readonly #owner: SubscriptionOwner;
  #attempt = new Deferred<void>();
  /** `fail` settled the attempt. */
  #isFailed = false;

  constructor(channel: string, owner: SubscriptionOwner, last?: number) {
    super(owner.report);
    this.channel = channel;
    this.#owner = owner;
    this.report = owner.report;
    this.lifecycle = new Emitter(owner.report);
    this.presence = new ChannelPresence(this);
    if (last === undefined) return;
    checkNumber('last', last, 1, MAX_MESSAGES);
    this.#last = [last];
  }

  get subscribed(): Promise<void> {
    return this.#attempt.promise;
  }

  onAny(listener: AnyListener): Off {
    return this.on(ANY, listener);
  }

  send(event: string, data?: unknown, options?: SendOptions): Promise<SendResult> {
    return this.#owner.sends.send(this.channel, event, data, options);
  }

  async history<Data = unknown>(options: HistoryOptions = {}): Promise<HistoryPage<Data>> {
    const { history } = await loadFeatures();
    return history(this, options, checkNumber, messageOf);
  }

  unsubscribe(): Promise<void> {
    return this.#owner.unsubscribe(this);
  }

  /** Asks the server about this channel. */
  ask(frame: NumberedFrame): Promise<unknown> {
    return this.#owner.requests.ask(frame);
  }

  /** What to ask for: the channel from its last place, or a first time with its newest messages. */
  get place(): Resume[number] {
    return [this.channel, this.cursor, ...this.#last];
  }

  /** It has to be confirmed (again). */
  pend(): void {
    if (this.state !== 'pending' || this.#isFailed) this.#attempt = new Deferred();
    this.#isFailed = false;
    this.state = 'pending';
    this.askedAs = undefined;
  }

  /** The server confirmed. */
  confirm([, , , cursor, recovered, roster]: ServerFrameOf<'sub'>): void {
    this.state = 'subscribed';
    // Else a `gap` follows. Until then the place is the old one: should the connection go, the next must not recover.
    if (recovered || this.cursor === null) this.cursor = cursor;
    this.#last = [];
    // With the members known.
    this.#attempt.resolve(roster && this.presence.received(roster));
    if (recovered) this.lifecycle.emit('recovered');
    this.lifecycle.emit('subscribed', { recovered });
  }

  /** The server said no. */
  refuse(error: RealtimeError): void {
    this.state = 'refused';
    this.#attempt.reject(error);
    this.lifecycle.emit('refused', error);
  }

  /** There is no connection and none is tried; it stays wanted for the next `connect()`. */
  fail(error: RealtimeError): void {
    this.#isFailed = true;
    this.#attempt.reject(error);
  }

  /** It is over, by the application or by the server. */
  end(reason: { readonly code?: ErrorCode; readonly message?: string }): void {
    this.state = 'unsubscribed';
    this.#attempt.reject(new RealtimeError('CLOSED', 'Closed.'));
    this.lifecycle.emit('unsubscribed', reason);
  }

  /** A frame of this channel, after the confirmation. */
  received(frame: ServerFrame): void {
    // Before that, it belongs to an earlier subscription of this channel.
    if (this.state !== 'subscribed') return;
    if (frame[0] === 'm') {
      const [, , event, cursor, data] = frame;
      const args = [data, messageOf(frame)] as never[];
      this.emit(event, ...args);
      this.emit(ANY, event as never, ...args);
      // Only now: what was not handled, because the connection or the page went, comes again.
      this.cursor = cursor ?? this.cursor;
    } else if (frame[0] === 'skip') {
      this.cursor = frame[2];
    } else if (frame[0] === 'gap') {
      this.lifecycle.emit('gap', { reason: frame[2] });
      this.cursor = frame[3];
    } else if (frame[0] === 'pres') {
      void this.presence.received(frame);
    }
  }
}
