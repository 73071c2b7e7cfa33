import type { Channel, ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';

/** Hears once that a channel is closed, and why. */
type Ended = (reason: Error) => void;

/** Opens a channel. RabbitMQ closes one at each error; without a handler for that, the error would end the process. */
export async function openChannel(model: ChannelModel, ended: Ended): Promise<Channel> {
  return watched(await model.createChannel(), ended);
}

/** Opens a channel on which RabbitMQ confirms what it has taken. */
export async function openConfirmChannel(model: ChannelModel, ended: Ended): Promise<ConfirmChannel> {
  return watched(await model.createConfirmChannel(), ended);
}

/** Acknowledges a message, and all before it on its channel. */
export function acknowledge(channel: Channel, message: ConsumeMessage): void {
  try {
    channel.ack(message, true);
  } catch {
    // The channel is closed, which whoever opened it is told.
  }
}

/** Closes a channel that may be closed already. */
export function closeChannel(channel: Channel | undefined): void {
  // It throws at once where it is closed, and rejects where the connection goes meanwhile.
  void (async () => channel?.close())().catch(() => undefined);
}

function watched<Kind extends Channel>(channel: Kind, ended: Ended): Kind {
  let reason = new Error('the channel was closed');
  channel.on('error', (error) => (reason = error));
  channel.on('close', () => ended(reason));
  return channel;
}
