import { brokerDown, outcomeUnknown } from '@rt/core';
import type { ConfirmChannel } from 'amqplib';

/** A message on its way, and where to. */
export interface Outgoing {
  /** The empty text: straight to the queue that `key` names. */
  readonly exchange: string;
  readonly key: string;
  readonly text: string;
  /** Refused where no queue takes it. Default false. */
  readonly isMandatory?: boolean;
  /** Written to disk where the queue is. Default false. */
  readonly isPersistent?: boolean;
}

/** A channel on which everything that is published is confirmed, in order. */
export class Confirming {
  readonly #channel: ConfirmChannel;
  readonly #returned = new Set<string>();
  #count = 0;

  constructor(channel: ConfirmChannel) {
    this.#channel = channel;
    channel.on('return', ({ properties }) => this.#returned.add(String(properties.messageId)));
  }

  /** Resolves when RabbitMQ has it. Rejects with `BROKER_DOWN` where it surely has not, else with `OUTCOME_UNKNOWN`. */
  publish({ exchange, key, text, isMandatory = false, isPersistent = false }: Outgoing): Promise<void> {
    const messageId = String(++this.#count);
    const options = { persistent: isPersistent, ...(isMandatory ? { mandatory: true, messageId } : {}) };
    return new Promise((resolve, reject) => {
      const confirmed = (error: unknown): void => {
        // What no queue took comes back first, and is confirmed then.
        const isReturned = this.#returned.delete(messageId);
        if (error !== null) reject(outcomeUnknown('RabbitMQ did not confirm the messages', error));
        else if (isReturned) reject(brokerDown(`there is no queue ${key} in RabbitMQ`));
        else resolve();
      };
      try {
        this.#channel.publish(exchange, key, Buffer.from(text), options, confirmed);
      } catch (error) {
        reject(brokerDown('the channel to RabbitMQ is closed', error));
      }
    });
  }
}
