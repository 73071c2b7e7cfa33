import { partitionOf } from '@rt/core';

/**
 * Keys that channels of the bus are spread over. A binding is dear in RabbitMQ, so there is not one for each channel: a node binds the
 * keys of what it is subscribed to, and drops what else comes with them.
 */
const BUS_KEYS = 64;

/**
 * The names of what is in RabbitMQ. In a routing key dots split words, and `*` and `#` mean many, so no channel stands in one: keys are
 * made of the namespace and of figures.
 */
export class Names {
  readonly #namespace: string;
  readonly #queues: string;

  constructor(namespace: string, queuePrefix: string) {
    this.#namespace = namespace;
    this.#queues = `${queuePrefix}${namespace}`;
  }

  /** The routing key that texts of a channel's bus are published with. */
  bus(channel: string): string {
    return `${this.#namespace}.bus.${partitionOf(channel, BUS_KEYS)}`;
  }

  /** Whether texts of this namespace's bus come with a routing key. */
  isBus(key: string): boolean {
    return key.startsWith(`${this.#namespace}.bus.`);
  }

  /** The routing key of what a node sends to itself. */
  probe(node: string): string {
    return `${this.#namespace}.probe.${node}`;
  }

  /** The queue of a node's connection. Another one for each: the one before may still have a reader that is not there any more. */
  queue(node: string, connection: number): string {
    return `${this.#queues}.bus.${node}.${connection}`;
  }

  /** The stream of a partition of the log. */
  stream(partition: number): string {
    return `${this.#queues}.log.${partition}`;
  }
}
