import { RealtimeError } from '@rt/protocol';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { brokerDown } from '@rt/core';
import { acknowledge, openChannel } from './channel.ts';
import type { Link } from './link.ts';

/** The default name of the exchange. */
export const DEFAULT_EXCHANGE = 'realtime';
/** What RabbitMQ sends ahead, unless told otherwise. */
export const DEFAULT_PREFETCH_COUNT = 250;
/** A queue that is left behind is deleted after this time. */
const EXPIRES_MS = 60_000;

/** What a queue tells. */
export interface NodeQueueHost {
  /** The routing keys that it is bound to from the beginning. */
  keys(): Iterable<string>;
  /** It is bound, and messages come from now on. */
  bound(): void;
  received(key: string, text: string): void;
  /** It is gone, and with it perhaps messages. */
  lost(reason: Error): void;
}

/** The queue in which a node gets what is published on the bus: another one on each connection. */
export class NodeQueue {
  readonly #link: Link;
  readonly #node: string;
  readonly #host: NodeQueueHost;
  #count = 0;
  #channel: Channel | undefined;
  /** How many messages came on it. */
  #delivered = 0;
  /** The newest message that was taken and not acknowledged yet. */
  #taken: ConsumeMessage | undefined;

  constructor(link: Link, node: string, host: NodeQueueHost) {
    this.#link = link;
    this.#node = node;
    this.#host = host;
  }

  /** Makes the exchange and the queue, and reads. */
  async open(model: ChannelModel): Promise<void> {
    const {
      exchangeType = 'topic',
      durable = false,
      exclusive = true,
      autoDelete = true,
      prefetchCount = DEFAULT_PREFETCH_COUNT,
    } = this.#link.options;
    const name = this.#link.names.queue(this.#node, ++this.#count);
    const channel = await openChannel(model, (reason) => {
      if (this.#channel === channel) this.#host.lost(reason);
    });
    this.#channel = channel;
    this.#taken = undefined;
    this.#delivered = 0;
    try {
      await channel.assertExchange(this.#exchange, exchangeType, { durable: true });
      await channel.assertQueue(name, {
        durable,
        exclusive,
        autoDelete,
        ...(exclusive ? {} : { expires: EXPIRES_MS }),
      });
    } catch (error) {
      throw this.#explained(error);
    }
    await Promise.all(Array.from(this.#host.keys(), (key) => channel.bindQueue(name, this.#exchange, key)));
    await channel.prefetch(prefetchCount);
    this.#host.bound();
    await channel.consume(name, (message) => {
      if (this.#channel !== channel) return;
      if (message === null) this.#host.lost(new Error('the queue was deleted'));
      else this.#received(channel, message);
    });
  }

  /** What comes on a channel that is not current does not count. */
  lose(): void {
    this.#channel = undefined;
  }

  /** Resolves when what is published with `key` from now on comes in. */
  async bind(key: string): Promise<void> {
    await this.#current().bindQueue(this.#name, this.#exchange, key);
  }

  /** Resolves when what is published with `key` from now on does not come in any more. */
  async unbind(key: string): Promise<void> {
    await this.#current().unbindQueue(this.#name, this.#exchange, key);
  }

  get #exchange(): string {
    return this.#link.options.exchange ?? DEFAULT_EXCHANGE;
  }

  get #name(): string {
    return this.#link.names.queue(this.#node, this.#count);
  }

  #current(): Channel {
    if (this.#channel === undefined) throw brokerDown('the connection to RabbitMQ is lost');
    return this.#channel;
  }

  #received(channel: Channel, message: ConsumeMessage): void {
    if (message.fields.deliveryTag !== ++this.#delivered) {
      this.#host.lost(new Error('a message is missing'));
      return;
    }
    // One acknowledgement for all that one turn of the event loop brings.
    if (this.#taken === undefined) queueMicrotask(() => this.#acknowledge(channel));
    this.#taken = message;
    this.#host.received(message.fields.routingKey, message.content.toString());
  }

  #acknowledge(channel: Channel): void {
    const taken = this.#taken;
    this.#taken = undefined;
    // On another channel it would be another message.
    if (taken !== undefined && this.#channel === channel) acknowledge(channel, taken);
  }

  #explained(error: unknown): unknown {
    if (!(error instanceof Error) || !/inequivalent arg/.test(error.message)) return error;
    const [, argument = 'type'] = /inequivalent arg '([^']+)'/.exec(error.message) ?? [];
    return new RealtimeError(
      'UNSUPPORTED',
      `the exchange ${this.#exchange} in RabbitMQ has another ${argument}: set exchangeType to that, or use another exchange`,
    );
  }
}
