import { connect } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { startRabbitmq } from './rabbitmq.ts';
import { until } from './until.ts';

describe('startRabbitmq', () => {
  // It starts twice, on a machine that may do much else.
  it(
    'asks for its password, and keeps what a stream confirmed over a kill and a restart',
    { timeout: 120_000 },
    async () => {
      await using rabbitmq = await startRabbitmq({ user: 'me', password: 'secret 100%' });
      await expect(connect(rabbitmq.url.replace('secret', 'wrong'))).rejects.toThrow('ACCESS_REFUSED');
      const connection = await connect(rabbitmq.url);
      connection.on('error', () => undefined);
      const channel = await connection.createConfirmChannel();
      channel.on('error', () => undefined);
      await channel.assertQueue('kept', { durable: true, arguments: { 'x-queue-type': 'stream' } });
      channel.sendToQueue('kept', Buffer.from('text'));
      await channel.waitForConfirms();
      await rabbitmq.kill();
      expect(rabbitmq.running).toBe(false);
      await rabbitmq.restart();
      // For a moment after a start it takes connections, and has no streams.
      await until('the text is there', async () => (await firstOf(rabbitmq.url, 'kept')) === 'text');
      expect(await rabbitmq.control('list_queues', 'name')).toContain('kept');
    },
  );
});

/** The first message of a stream. */
async function firstOf(url: string, stream: string): Promise<string> {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    await channel.prefetch(1);
    return await new Promise((resolve, reject) => {
      channel.on('close', () => reject(new Error('the channel was closed')));
      channel
        .consume(stream, (message) => resolve(String(message?.content)), { arguments: { 'x-stream-offset': 'first' } })
        .catch(reject);
    });
  } finally {
    await connection.close();
  }
}
