import { RealtimeError } from '@rt/protocol';
import type { ErrorCode, ServerFrameOf } from '@rt/protocol';
import { Deferred } from './deferred.ts';
import { Emitter } from './emitter.ts';
import type { Off } from './emitter.ts';
import { messageOf } from './message.ts';
import type { Message } from './message.ts';
import type { SendOptions, SendResult } from './send-queue.ts';
import type { AnyListener, LifecycleEvents, MessageListener, Subscription, SubscriptionState } from './subscription.ts';

type MessageEvents = Readonly<Record<string, readonly [data: unknown, message: Message]>>;
type AnyEvents = Readonly<Record<'any', Parameters<AnyListener>>>;

/** What a subscription asks of its client. */
export interface SubscriptionOwner {
  send(channel: string, event: string, data: unknown, options?: SendOptions): Promise<SendResult>;
  unsubscribe(subscription: ChannelSubscription): Promise<void>;
  /** An error that no promise tells. */
  report(error: RealtimeError): void;
}

/** A `Subscription`, with the half of it that the client drives. */
export class ChannelSubscription implements Subscription {
  readonly channel: string;
  readonly lifecycle: Emitter<LifecycleEvents>;
  /** The last place that the server told, to resume from. */
  cursor: string | null = null;
  /** The number it was asked for under on this connection, 0 for the `connect` frame's list; absent when it was not. */
  askedAs: number | undefined;
  readonly #owner: SubscriptionOwner;
  readonly #events: Emitter<MessageEvents>;
  readonly #any: Emitter<AnyEvents>;
  #state: SubscriptionState = 'pending';
  #attempt = new Deferred<void>();

  constructor(channel: string, owner: SubscriptionOwner) {
    this.channel = channel;
    this.#owner = owner;
    const report = (error: RealtimeError): void => owner.report(error);
    this.lifecycle = new Emitter(report);
    this.#events = new Emitter(report);
    this.#any = new Emitter(report);
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
    return this.#any.on('any', listener);
  }

  send(event: string, data?: unknown, options?: SendOptions): Promise<SendResult> {
    return this.#owner.send(this.channel, event, data, options);
  }

  unsubscribe(): Promise<void> {
    return this.#owner.unsubscribe(this);
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
    this.#attempt.resolve();
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
    this.#attempt.reject(new RealtimeError('CLOSED', 'It was unsubscribed before the server confirmed it.'));
    this.lifecycle.emit('unsubscribed', reason);
  }

  /** A message arrived. */
  deliver(frame: ServerFrameOf<'m'>): void {
    // Before that, it is a message of an earlier subscription of this channel.
    if (this.#state !== 'subscribed') return;
    const [, , event, cursor, data] = frame;
    const message = messageOf(frame);
    this.cursor = cursor ?? this.cursor;
    this.#events.emit(event, data, message);
    this.#any.emit('any', event, data, message);
  }

  /** The server could not hand over every message. */
  gap(reason: string, cursor: string | null): void {
    this.cursor = cursor;
    this.lifecycle.emit('gap', { reason });
  }
}

/** The application says what its events carry; nothing here could check it. */
function asListed<Data>(listener: MessageListener<Data>): MessageListener<unknown> {
  return listener as MessageListener<unknown>;
}
