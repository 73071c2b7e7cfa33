import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { brokerDown, decodeBus } from '@rt/core';
import type { Link } from './link.ts';
import type { Spread } from './spread.ts';

interface Wanted {
  readonly subscription: Subscription;
  /** Resolves when NATS has the subscription, on all of its servers. */
  readonly ready: Promise<void>;
  refusal: Error | undefined;
}

/** The channels whose bus this node is subscribed to. The connection subscribes anew by itself when it was lost. */
export class Subscriptions {
  readonly #link: Link;
  readonly #spread: Spread;
  readonly #message: (channel: string, texts: readonly string[]) => void;
  readonly #byChannel = new Map<string, Wanted>();
  #isDeaf = false;

  constructor(link: Link, spread: Spread, message: (channel: string, texts: readonly string[]) => void) {
    this.#link = link;
    this.#spread = spread;
    this.#message = message;
  }

  get channels(): readonly string[] {
    return [...this.#byChannel.keys()];
  }

  /** Resolves when no text published on `channel` later is missed. */
  async subscribe(channel: string): Promise<void> {
    const wanted = this.#byChannel.get(channel) ?? this.#add(channel, this.#link.connection());
    try {
      await wanted.ready;
    } catch (error) {
      this.#remove(channel, wanted);
      throw brokerDown('NATS did not subscribe', error);
    }
    if (wanted.refusal === undefined) return;
    this.#remove(channel, wanted);
    throw brokerDown('NATS refused to subscribe', wanted.refusal);
  }

  /** Resolves when nothing that is published on `channel` later comes in, not even to another subscription. */
  async unsubscribe(channel: string): Promise<void> {
    const wanted = this.#byChannel.get(channel);
    if (wanted === undefined) return;
    this.#remove(channel, wanted);
    // When the connection goes, so does the subscription.
    await this.#spread.confirm().catch(() => undefined);
  }

  /** Texts are dropped from now on: the connection was lost, and the gap that will be reported covers them. */
  lose(): void {
    this.#isDeaf = true;
  }

  /** Texts count again. */
  again(): void {
    this.#isDeaf = false;
  }

  clear(): void {
    this.#byChannel.clear();
  }

  #add(channel: string, connection: NatsConnection): Wanted {
    const subscription = connection.subscribe(this.#link.names.bus(channel), {
      callback: (error, message) => {
        if (this.#byChannel.get(channel) !== wanted) return;
        if (error === null) this.#received(channel, message);
        else wanted.refusal = error;
      },
    });
    const wanted: Wanted = { subscription, ready: this.#spread.confirm(), refusal: undefined };
    this.#byChannel.set(channel, wanted);
    return wanted;
  }

  #remove(channel: string, wanted: Wanted): void {
    if (this.#byChannel.get(channel) === wanted) this.#byChannel.delete(channel);
    wanted.subscription.unsubscribe();
  }

  #received(channel: string, message: Msg): void {
    if (this.#isDeaf) return;
    try {
      const texts = decodeBus(message.string());
      if (texts === undefined) this.#dropped(channel, 'not written by a node of this version');
      else this.#message(channel, texts);
    } catch (error) {
      this.#dropped(channel, error instanceof Error ? error.name : 'a receiver threw');
    }
  }

  #dropped(channel: string, reason: string): void {
    this.#link.warn('dropped what came in from NATS', { channel, reason });
  }
}
