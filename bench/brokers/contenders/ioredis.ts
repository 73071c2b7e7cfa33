import { Redis } from 'ioredis';
import type { Contender, Sender } from '../contender.ts';
import { BREAK, collecting } from './frame.ts';

/** Stores a tick's messages of each channel as one entry, and publishes them, in one step. */
const STORE = `
for i = 1, #KEYS do
  local text = ARGV[i]
  redis.call('XADD', KEYS[i], 'MAXLEN', '~', 100, '*', 'm', text)
  redis.call('PEXPIRE', KEYS[i], 120000)
  redis.call('PUBLISH', KEYS[i], text)
end
return #KEYS`;

/**
 * The bare skeleton: the same driver, the same batches, one command for each tick, frames of the same kind with the same data, and nothing
 * else. No name is checked, nothing has an id, a time, a place or a promise of its own; what arrives is cut into frames and joined again, as
 * for one client. The log stores and publishes in one step, as ours does.
 */
export function ioredis(keeps: boolean): Contender {
  return {
    async sender(redisUrl): Promise<Sender> {
      const redis = new Redis(redisUrl);
      redis.defineCommand('store', { lua: STORE });
      const store = Reflect.get(redis, 'store') as (...args: (string | number)[]) => Promise<unknown>;
      return collecting((batch) => {
        const texts = Array.from(batch.values(), (frames) => frames.join(BREAK));
        if (keeps) return store.call(redis, batch.size, ...batch.keys(), ...texts);
        return Promise.all(Array.from(batch.keys(), (channel, index) => redis.publish(channel, texts[index]!)));
      });
    },
    async receiver(redisUrl, channels, arrived) {
      const redis = new Redis(redisUrl);
      redis.on('message', (_channel, text) => {
        const messages = text.split(BREAK);
        // What a link would write.
        Buffer.from(messages.join(BREAK));
        arrived(messages);
      });
      for (let index = 0; index < channels.length; index += 1_000) {
        await redis.subscribe(...channels.slice(index, index + 1_000));
      }
    },
  };
}
