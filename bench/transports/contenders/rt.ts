import { Realtime } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { sse } from '@rt/transport-sse';
import { websocket } from '@rt/transport-ws';
import { serveContender } from '../../fanout/contender.ts';

const realtime = new Realtime({
  transports: [websocket(), sse(), longPolling()],
  // One client that echoes all the time is no abuse here.
  limits: { messagesPerMinute: 60_000_000, messageBurst: 1_000_000 },
});
realtime.method('echo', ({ input }) => input);
const channel = realtime.channel('bench');

serveContender({
  listen: async () => (await realtime.listen({ port: 0 })).port,
  subscriberCount: () => channel.subscriberCount(),
  broadcast: async (messages) => {
    await Promise.all(messages.map((data) => channel.broadcast('message', data)));
  },
});
