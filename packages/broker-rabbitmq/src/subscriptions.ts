import { brokerDown, within } from '@rt/core';
import type { BusProbe } from './bus-probe.ts';
import type { Link } from './link.ts';
import type { NodeQueue } from './node-queue.ts';
import { unpackBus } from './payload.ts';

/** Time for a subscription to be there. */
const SUBSCRIBED_MS = 5_000;

interface Wanted {
  readonly key: string;
  /** Resolves when what is published from now on is not missed. */
  readonly ready: Promise<void>;
  isHeard: boolean;
}

interface Key {
  /** How many channels want it. */
  count: number;
  readonly bound: Promise<void>;
}

/** The channels whose bus this node is subscribed to. Several share a routing key, which is bound while any of them wants it. */
export class Subscriptions {
  readonly #link: Link;
  readonly #queue: NodeQueue;
  readonly #probe: BusProbe;
  readonly #message: (channel: string, texts: readonly string[]) => void;
  readonly #byChannel = new Map<string, Wanted>();
  readonly #keys = new Map<string, Key>();
  #fence: Promise<void> | undefined;

  constructor(
    parts: { readonly link: Link; readonly queue: NodeQueue; readonly probe: BusProbe },
    message: (channel: string, texts: readonly string[]) => void,
  ) {
    this.#link = parts.link;
    this.#queue = parts.queue;
    this.#probe = parts.probe;
    this.#message = message;
  }

  /** The channels that nothing may be missed of. */
  get channels(): readonly string[] {
    return [...this.#byChannel.keys()];
  }

  /** The routing keys that they need. */
  get keys(): Iterable<string> {
    return this.#keys.keys();
  }

  /** Resolves when no text published on `channel` later is missed. */
  async subscribe(channel: string): Promise<void> {
    const wanted = this.#byChannel.get(channel) ?? this.#add(channel);
    try {
      await within(SUBSCRIBED_MS, wanted.ready);
    } catch (error) {
      await this.#remove(channel, wanted);
      throw brokerDown('RabbitMQ did not subscribe', error);
    }
  }

  /** Resolves when nothing that is published on `channel` later comes in, not even to another subscription. */
  async unsubscribe(channel: string): Promise<void> {
    const wanted = this.#byChannel.get(channel);
    if (wanted !== undefined) await this.#remove(channel, wanted);
  }

  clear(): void {
    this.#byChannel.clear();
    this.#keys.clear();
  }

  /** A message of the bus came in. */
  received(text: string): void {
    const work = unpackBus(text);
    if (work === undefined) {
      this.#dropped('not written by a node of this version');
      return;
    }
    for (const { channel, texts } of work) {
      if (this.#byChannel.get(channel)?.isHeard !== true) continue;
      try {
        this.#message(channel, texts);
      } catch (error) {
        this.#dropped(error instanceof Error ? error.name : 'a receiver threw');
      }
    }
  }

  #add(channel: string): Wanted {
    // Where the connection is lost, it is refused before anything is remembered.
    this.#link.reader();
    const name = this.#link.names.bus(channel);
    const key = this.#keys.get(name) ?? { count: 0, bound: this.#queue.bind(name) };
    key.count++;
    this.#keys.set(name, key);
    const wanted: Wanted = { key: name, isHeard: false, ready: this.#join(key.bound, () => (wanted.isHeard = true)) };
    // Whoever waits for it hears of it.
    wanted.ready.catch(() => undefined);
    this.#byChannel.set(channel, wanted);
    return wanted;
  }

  /** What is in the queue when the subscription begins was published before it. */
  async #join(bound: Promise<void>, join: () => void): Promise<void> {
    await bound;
    this.#fence ??= new Promise<void>((resolve, reject) => {
      this.#link.clock.soon(() => {
        this.#fence = undefined;
        this.#probe.ask().then(resolve, reject);
      });
    });
    await this.#fence.then(join);
  }

  async #remove(channel: string, wanted: Wanted): Promise<void> {
    if (this.#byChannel.get(channel) !== wanted) return;
    this.#byChannel.delete(channel);
    const key = this.#keys.get(wanted.key);
    if (key === undefined || --key.count > 0) return;
    this.#keys.delete(wanted.key);
    // When the connection goes, so does the binding.
    await this.#queue.unbind(wanted.key).catch(() => undefined);
  }

  #dropped(reason: string): void {
    this.#link.warn('dropped what came in from RabbitMQ', { reason });
  }
}
