import { connect } from 'amqplib';
import type { Channel } from 'amqplib';
import type { Contender, Sender } from '../contender.ts';
import { BREAK, collecting, joined } from './frame.ts';

const NAME = 'bare';
const PREFETCH_COUNT = 250;

/**
 * The bare skeleton on RabbitMQ: confirmed publishes to one exchange and queue, or to one stream; a message for each tick. A confirm says
 * nothing of a place in the stream, so the sender of the log reads it, too, as anyone has to who is to be told the place.
 */
export function amqp(keeps: boolean): Contender {
  return {
    async sender(url): Promise<Sender> {
      const channel = await (await connect(url, { noDelay: true })).createConfirmChannel();
      const waiting: (() => void)[] = [];
      if (keeps) await read(await (await connect(url, { noDelay: true })).createChannel(), () => waiting.shift()?.());
      const send = async (text: string): Promise<void> => {
        const isRead = keeps ? new Promise<void>((resolve) => waiting.push(resolve)) : undefined;
        await new Promise<void>((resolve, reject) => {
          channel.publish(keeps ? '' : NAME, NAME, Buffer.from(text), {}, (error) =>
            error === null ? resolve() : reject(error),
          );
        });
        await isRead;
      };
      return collecting((batch) => Promise.all(joined(batch).map((text) => send(text))));
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
      await read(
        channel,
        (text) => {
          const messages = text.split(BREAK);
          // What a link would write.
          Buffer.from(messages.join(BREAK));
          arrived(messages);
        },
        keeps ? { 'x-stream-offset': 'next' } : {},
      );
    },
  };
}

async function read(
  channel: Channel,
  take: (text: string) => void,
  from: Readonly<Record<string, string>> = { 'x-stream-offset': 'next' },
): Promise<void> {
  await channel.prefetch(PREFETCH_COUNT);
  await channel.consume(
    NAME,
    (message) => {
      take(message!.content.toString());
      channel.ack(message!);
    },
    { arguments: from },
  );
}
