import { RealtimeError } from '@rt/protocol';
import type { ErrorCode, Resume, ServerFrameOf } from '@rt/protocol';
import { Deferred } from './deferred.ts';
import { Emitter } from './emitter.ts';
import type { Listener, Off } from './emitter.ts';
import { historyPageOf } from './history.ts';
import type { HistoryOptions, HistoryPage } from './history.ts';
import { messageOf } from './message.ts';
import { checkNumber } from './options.ts';
import type { Requests } from './requests.ts';
import type { SendOptions, SendQueue, SendResult } from './send-queue.ts';
import type { AnyListener, LifecycleEvents, MessageListener, Subscription, SubscriptionState } from './subscription.ts';

/** The listeners of each event, and under `ANY` those of all. */
type MessageEvents = Readonly<Record<string, readonly unknown[]>>;

/** The longest page of history, and the most that a subscription may begin with. */
const MAX_MESSAGES = 1_000;
/** No event is called so. */
const ANY = '';

/** What a subscription asks of its client. */
export interface SubscriptionOwner {
  readonly sends: SendQueue;
  readonly requests: Requests;
  unsubscribe(subscription: ChannelSubscription): Promise<void>;
  /** An error that no promise tells. */
  report(error: RealtimeError): void;
}

/** A `Subscription`, with the half of it that the client drives. */
export class ChannelSubscription implements Subscription {
  channel: string;
  readonly lifecycle: Emitter<LifecycleEvents>;
  /** The place after the last message whose listeners ran, to resume from. */
  cursor: string | null = null;
  /** The number it was asked for under on this connection, 0 for the `connect` frame's list; absent when it was not. */
  askedAs: number | undefined;
  /** How many of the newest messages the first confirmation brings. */
  #last: number | undefined;
  readonly #owner: SubscriptionOwner;
  readonly #events: Emitter<MessageEvents>;
  #state: SubscriptionState = 'pending';
  #attempt = new Deferred<void>();

  constructor(channel: string, owner: SubscriptionOwner, last?: number) {
    this.channel = channel;
    if (last !== undefined) checkNumber('last', last, 1, MAX_MESSAGES);
    this.#last = last;
    this.#owner = owner;
    const report = (error: RealtimeError): void => owner.report(error);
    this.lifecycle = new Emitter(report);
    this.#events = new Emitter(report);
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  get subscribed(): Promise<void> {
    return this.#attempt.promise;
  }

  on<Data = unknown>(event: string, listener: MessageListener<Data>): Off {
    return this.#events.on(event, asListed(listener));
  }

  once<Data = unknown>(event: string, listener: MessageListener<Data>): Off {
    return this.#events.once(event, asListed(listener));
  }

  off<Data = unknown>(event: string, listener: MessageListener<Data>): void {
    this.#events.off(event, asListed(listener));
  }

  onAny(listener: AnyListener): Off {
    return this.#events.on(ANY, asListed(listener));
  }

  send(event: string, data?: unknown, options?: SendOptions): Promise<SendResult> {
    return this.#owner.sends.send(this.channel, event, data, options);
  }

  async history<Data = unknown>(options: HistoryOptions = {}): Promise<HistoryPage<Data>> {
    const page = { limit: 50, ...options };
    checkNumber('limit', page.limit, 1, MAX_MESSAGES);
    await this.subscribed;
    return historyPageOf(await this.#owner.requests.ask((n) => ['history', n, this.channel, page]));
  }

  unsubscribe(): Promise<void> {
    return this.#owner.unsubscribe(this);
  }

  /** What to ask for: the channel from its last place, or a first time with its newest messages. */
  get place(): Resume[number] {
    return this.#last === undefined ? [this.channel, this.cursor] : [this.channel, this.cursor, this.#last];
  }

  /** It has to be confirmed (again). */
  pend(): void {
    this.#state = 'pending';
    this.askedAs = undefined;
    if (this.#attempt.settled) this.#attempt = new Deferred();
  }

  /** The server confirmed. */
  confirm(cursor: string | null, recovered: boolean): void {
    this.#state = 'subscribed';
    this.cursor = cursor;
    this.#last = undefined;
    this.#attempt.resolve();
    if (recovered) this.lifecycle.emit('recovered');
    this.lifecycle.emit('subscribed', { recovered });
  }

  /** The server said no. */
  refuse(error: RealtimeError): void {
    this.#state = 'refused';
    this.#attempt.reject(error);
    this.lifecycle.emit('refused', error);
  }

  /** There is no connection and none is tried; it stays wanted for the next `connect()`. */
  fail(error: RealtimeError): void {
    this.pend();
    this.#attempt.reject(error);
  }

  /** It is over, by the application or by the server. */
  end(reason: { readonly code?: ErrorCode; readonly message?: string }): void {
    this.#state = 'unsubscribed';
    this.#attempt.reject(new RealtimeError('CLOSED', 'It was unsubscribed.'));
    this.lifecycle.emit('unsubscribed', reason);
  }

  /** A message arrived. */
  deliver(frame: ServerFrameOf<'m'>): void {
    // Before that, it is a message of an earlier subscription of this channel.
    if (this.#state !== 'subscribed') return;
    const [, , event, cursor, data] = frame;
    const message = messageOf(frame);
    this.#events.emit(event, data, message);
    this.#events.emit(ANY, event, data, message);
    // Only now: what was not handled, because the connection or the page went, comes again.
    this.cursor = cursor ?? this.cursor;
  }

  /** The server could not hand over every message. */
  gap(reason: string, cursor: string | null): void {
    this.lifecycle.emit('gap', { reason });
    this.cursor = cursor;
  }
}

/** The application says what its events carry; nothing here could check it. */
function asListed(listener: MessageListener<never> | AnyListener): Listener<readonly unknown[]> {
  return listener as Listener<readonly unknown[]>;
}
