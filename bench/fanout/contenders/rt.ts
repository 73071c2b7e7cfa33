import { Realtime } from '@rt/core';
import { websocket } from '@rt/transport-ws';
import { serveContender } from '../contender.ts';

const realtime = new Realtime({ transports: [websocket()] });
const channel = realtime.channel('bench');

serveContender({
  listen: async () => (await realtime.listen({ port: 0 })).port,
  subscriberCount: () => channel.subscriberCount(),
  broadcast: async (messages) => {
    await Promise.all(messages.map((data) => channel.broadcast('message', data)));
  },
});
