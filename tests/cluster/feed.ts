import type { Redis } from '../servers/redis.ts';

/** What a channel is called in Redis while somebody is subscribed to it. */
export async function feedOf(redis: Redis, channel: string): Promise<string> {
  const feeds = (await redis.command('PUBSUB', 'SHARDCHANNELS')) as readonly string[];
  return feeds.find((feed) => feed.endsWith(`:${channel}`))!;
}
