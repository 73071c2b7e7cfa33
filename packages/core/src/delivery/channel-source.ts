import type { Broker } from '../contracts/broker.ts';
import type { Retention } from '../contracts/log.ts';
import type { Hub } from './hub.ts';

/** Opens and closes channels at the broker: the bus for all of them, and the log for those that keep history. */
export class ChannelSource {
  readonly #broker: Broker;
  readonly #hub: Hub;
  readonly #retentionOf: (channel: string) => Retention | undefined;

  constructor(broker: Broker, hub: Hub, retentionOf: (channel: string) => Retention | undefined) {
    this.#broker = broker;
    this.#hub = hub;
    this.#retentionOf = retentionOf;
  }

  /** Resolves when nothing of `channel` is missed from now on. */
  async subscribe(channel: string): Promise<void> {
    const { log } = this.#broker;
    const hasHistory = log !== undefined && this.#retentionOf(channel) !== undefined;
    const feed = this.#hub.open(channel, hasHistory);
    try {
      await this.#broker.subscribe(channel);
      if (log !== undefined && feed !== undefined) feed.followed(await log.follow(channel, feed));
    } catch (error) {
      this.#hub.close(channel);
      throw error;
    }
  }

  async unsubscribe(channel: string): Promise<void> {
    const hasHistory = this.#hub.feed(channel) !== undefined;
    this.#hub.close(channel);
    if (hasHistory) await this.#broker.log?.unfollow(channel);
    await this.#broker.unsubscribe(channel);
  }
}
