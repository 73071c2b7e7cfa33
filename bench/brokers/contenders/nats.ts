import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, createInbox } from '@nats-io/transport-node';
import type { Contender, Sender } from '../contender.ts';
import { BREAK, collecting, joined } from './frame.ts';

const STREAM = 'bare';

/** The bare skeleton on NATS: publish and subscribe; with JetStream one stream, a message of it for each tick, and one consumer. */
export function nats(keeps: boolean): Contender {
  return {
    async sender(url): Promise<Sender> {
      const connection = await connect({ servers: new URL(url).host, noAsyncTraces: true });
      const stream = jetstream(connection);
      return collecting((batch) => {
        if (keeps) return Promise.all(joined(batch).map((text) => stream.publish(`${STREAM}.log`, text)));
        for (const [channel, frames] of batch) connection.publish(channel, frames.join(BREAK));
        return connection.flush();
      });
    },
    async receiver(url, channels, arrived) {
      const connection = await connect({ servers: new URL(url).host, noAsyncTraces: true });
      const take = (text: string): void => {
        const messages = text.split(BREAK);
        // What a link would write.
        Buffer.from(messages.join(BREAK));
        arrived(messages);
      };
      if (keeps) {
        const manager = await jetstreamManager(connection);
        await manager.streams.add({ name: STREAM, subjects: [`${STREAM}.log`] });
        const inbox = createInbox();
        connection.subscribe(inbox, { callback: (_error, message) => take(message.string()) });
        await manager.consumers.add(STREAM, {
          deliver_subject: inbox,
          deliver_policy: DeliverPolicy.New,
          ack_policy: AckPolicy.None,
        });
      } else {
        for (const channel of channels) {
          connection.subscribe(channel, { callback: (_error, message) => take(message.string()) });
        }
      }
      await connection.flush();
    },
  };
}
