import { memoryBroker } from '@rt/core';
import type { Broker, BrokerEvents, BusWork, MemoryBus } from '@rt/core';

/** A memory broker whose line to the bus can be cut: both ways, silently, as a node that died or can't be reached. */
export class LossyBroker implements Broker {
  readonly name = 'lossy';
  readonly #broker: Broker;
  isCut = false;
  /** Whether one text gets through. */
  passes: (text: string) => boolean = () => true;

  constructor(bus: MemoryBus) {
    this.#broker = memoryBroker({ bus });
  }

  get log(): NonNullable<Broker['log']> {
    return this.#broker.log!;
  }

  start(events: BrokerEvents): Promise<void> {
    return this.#broker.start({
      message: (channel, texts) => {
        const heard = this.isCut ? [] : texts.filter((text) => this.passes(text));
        if (heard.length > 0) events.message(channel, heard);
      },
      health: (health) => events.health(health),
      gap: (channels) => events.gap(channels),
      warn: (message, details) => events.warn(message, details),
    });
  }

  subscribe(channel: string): Promise<void> {
    return this.#broker.subscribe(channel);
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#broker.unsubscribe(channel);
  }

  async publish(work: readonly BusWork[]): Promise<void> {
    if (!this.isCut) await this.#broker.publish(work);
  }

  health(): ReturnType<Broker['health']> {
    return this.#broker.health();
  }

  close(): Promise<void> {
    return this.#broker.close();
  }
}
