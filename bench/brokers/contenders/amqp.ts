import { connect } from 'amqplib';
import type { Contender, Part, Sender } from '../contender.ts';
import { BREAK, joined } from './frame.ts';

const NAME = 'bare';
const PREFETCH_COUNT = 250;

/** The bare skeleton on RabbitMQ: confirmed publishes to one exchange and queue, or to one stream; a message for each tick. */
export function amqp(keeps: boolean): Contender {
  return {
    async sender(url): Promise<Sender> {
      const channel = await (await connect(url, { noDelay: true })).createConfirmChannel();
      const send = (text: string): Promise<void> =>
        new Promise((resolve, reject) => {
          channel.publish(keeps ? '' : NAME, NAME, Buffer.from(text), {}, (error) =>
            error === null ? resolve() : reject(error),
          );
        });
      return { tick: (work: readonly Part[]) => Promise.all(joined(work).map((text) => send(text))) };
    },
    async receiver(url, _channels, arrived) {
      const channel = await (await connect(url, { noDelay: true })).createChannel();
      if (keeps) {
        await channel.assertQueue(NAME, { durable: true, arguments: { 'x-queue-type': 'stream' } });
      } else {
        await channel.assertExchange(NAME, 'topic');
        await channel.assertQueue(NAME, { exclusive: true });
        await channel.bindQueue(NAME, NAME, NAME);
      }
      await channel.prefetch(PREFETCH_COUNT);
      await channel.consume(
        NAME,
        (message) => {
          const messages = message!.content.toString().split(BREAK);
          // What a link would write.
          Buffer.from(messages.join(BREAK));
          arrived(messages);
          channel.ack(message!);
        },
        { arguments: keeps ? { 'x-stream-offset': 'next' } : {} },
      );
    },
  };
}
