import { connect } from 'amqplib';
import type { Channel } from 'amqplib';
import type { Contender, Sender } from '../contender.ts';
import { BREAK, collecting, joined } from './frame.ts';

const PREFETCH_COUNT = 250;

/**
 * The bare skeleton on RabbitMQ: confirmed publishes to one exchange and queue, or to one stream; a message for each tick. A confirm says
 * nothing of a place in the stream, so the sender of the log reads it, too, as anyone has to who is to be told the place.
 */
export function amqp(keeps: boolean): Contender {
  const name = keeps ? 'bare.log' : 'bare.bus';
  return {
    async sender(url): Promise<Sender> {
      const channel = await (await connect(url, { noDelay: true })).createConfirmChannel();
      const waiting: (() => void)[] = [];
      if (keeps)
        await read(await (await connect(url, { noDelay: true })).createChannel(), name, () => waiting.shift()?.());
      const send = async (text: string): Promise<void> => {
        const isRead = keeps ? new Promise<void>((resolve) => waiting.push(resolve)) : undefined;
        await new Promise<void>((resolve, reject) => {
          channel.publish(keeps ? '' : name, name, Buffer.from(text), {}, (error) =>
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
        await channel.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'stream' } });
      } else {
        await channel.assertExchange(name, 'topic');
        await channel.assertQueue(name, { exclusive: true });
        await channel.bindQueue(name, name, name);
      }
      await read(
        channel,
        name,
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
  name: string,
  take: (text: string) => void,
  from: Readonly<Record<string, string>> = { 'x-stream-offset': 'next' },
): Promise<void> {
  await channel.prefetch(PREFETCH_COUNT);
  await channel.consume(
    name,
    (message) => {
      take(message!.content.toString());
      channel.ack(message!);
    },
    { arguments: from },
  );
}
