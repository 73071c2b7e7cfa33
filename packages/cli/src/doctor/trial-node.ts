import type { Broker, BrokerFinding, Entry, Log } from '@rt/core';
import { Arrivals } from './arrivals.ts';

/** One node for trials: a started broker, and what comes in. */
export class TrialNode {
  readonly broker: Broker;
  /** What the broker warned of. */
  readonly warnings: BrokerFinding[] = [];
  readonly #texts = new Map<string, Arrivals<string>>();

  private constructor(broker: Broker) {
    this.broker = broker;
  }

  /** Rejects with why the broker can't be used. */
  static async start(broker: Broker): Promise<TrialNode> {
    const node = new TrialNode(broker);
    await broker.start({
      message: (channel, texts) => texts.forEach((text) => node.#texts.get(channel)?.push(text)),
      health: () => undefined,
      gap: (channels) => channels.forEach((channel) => node.#texts.get(channel)?.fail(new Error('there was a gap'))),
      warn: (message, details) => {
        const more = Object.entries(details).map(([name, value]) => `${name} ${value}`);
        const what = [message, ...more].join(', ');
        node.warnings.push({ severity: 'warning', what, remedy: 'See the page of this broker in docs/brokers' });
      },
    });
    return node;
  }

  /** The log. Throws where there is none. */
  get log(): Log {
    if (this.broker.log === undefined) throw new Error('there is no log');
    return this.broker.log;
  }

  /** What is published on a channel from now on. */
  async subscribe(channel: string): Promise<Arrivals<string>> {
    const texts = new Arrivals<string>();
    this.#texts.set(channel, texts);
    await this.broker.subscribe(channel);
    return texts;
  }

  /** What is appended to a channel from now on. */
  async follow(channel: string): Promise<Arrivals<Entry>> {
    const entries = new Arrivals<Entry>();
    await this.log.follow(channel, {
      entries: (batch) => batch.forEach((entry) => entries.push(entry)),
      gap: (reason) => entries.fail(new Error(`there was a gap: ${reason}`)),
    });
    return entries;
  }

  close(): Promise<void> {
    return this.broker.close();
  }
}
