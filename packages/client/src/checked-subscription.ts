import type { Listenable, Off } from './emitter.ts';
import type { HistoryOptions, HistoryPage } from './features/history.ts';
import type { Message } from './message.ts';
import type { Presence } from './presence.ts';
import type { SendOptions, SendResult } from './send-queue.ts';
import type { AnyListener, LifecycleEvents, MessageListener, Subscription, SubscriptionState } from './subscription.ts';

/** What checks for a subscription. */
interface Checks {
  /** Throws what is wrong with the data of a message. */
  readonly received: (message: Message, data: unknown) => void;
  readonly send: (channel: string, event: string, data?: unknown, options?: SendOptions) => Promise<SendResult>;
}

/** A subscription whose listeners get only what was checked. */
export class CheckedSubscription implements Subscription {
  readonly #inner: Subscription;
  readonly #checks: Checks;
  /** The listeners that the inner one has in place of the application's. */
  readonly #listeners = new WeakMap<object, MessageListener<never>>();

  constructor(inner: Subscription, checks: Checks) {
    this.#inner = inner;
    this.#checks = checks;
  }

  get channel(): string {
    return this.#inner.channel;
  }

  get state(): SubscriptionState {
    return this.#inner.state;
  }

  get subscribed(): Promise<void> {
    return this.#inner.subscribed;
  }

  get lifecycle(): Listenable<LifecycleEvents> {
    return this.#inner.lifecycle;
  }

  get presence(): Presence {
    return this.#inner.presence;
  }

  on<Data = unknown>(event: string, listener: MessageListener<Data>): Off {
    return this.#inner.on(event, this.#checked(listener));
  }

  once<Data = unknown>(event: string, listener: MessageListener<Data>): Off {
    return this.#inner.once(event, this.#checked(listener));
  }

  off<Data = unknown>(event: string, listener: MessageListener<Data>): void {
    this.#inner.off(event, this.#checked(listener));
  }

  onAny(listener: AnyListener): Off {
    return this.#inner.onAny((event, data, message) => {
      this.#checks.received(message, data);
      listener(event, data, message);
    });
  }

  send(event: string, data?: unknown, options?: SendOptions): Promise<SendResult> {
    return this.#checks.send(this.channel, event, data, options);
  }

  async history<Data = unknown>(options?: HistoryOptions): Promise<HistoryPage<Data>> {
    const page = await this.#inner.history<Data>(options);
    for (const message of page.messages) this.#checks.received(message, message.data);
    return page;
  }

  unsubscribe(): Promise<void> {
    return this.#inner.unsubscribe();
  }

  #checked<Data>(listener: MessageListener<Data>): MessageListener<Data> {
    const known = this.#listeners.get(listener);
    if (known !== undefined) return known as MessageListener<Data>;
    const checked: MessageListener<Data> = (data, message) => {
      this.#checks.received(message, data);
      listener(data, message);
    };
    this.#listeners.set(listener, checked);
    return checked;
  }
}
