import { Realtime } from '@rt/core';
import { websocket } from '@rt/transport-ws';
import { serveContender } from '../contender.ts';

/** What fills the buffers of one who does not read, in a second or two. */
const BULK = 'x'.repeat(60_000);

// Like rt.ts, and with each tick a large message to another channel, whoever listens there.
const realtime = new Realtime({ transports: [websocket()] });
const [channel, bulk] = [realtime.channel('bench'), realtime.channel('bulk')];

serveContender({
  listen: async () => (await realtime.listen({ port: 0 })).port,
  /** Of both channels. A reader that has fallen behind is in none. */
  subscriberCount: async () => (await channel.subscriberCount()) + (await bulk.subscriberCount()),
  broadcast: async (messages) => {
    await Promise.all([bulk.broadcast('bulk', BULK), ...messages.map((data) => channel.broadcast('message', data))]);
  },
});
