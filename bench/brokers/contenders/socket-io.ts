import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import type { Contender, Part, Sender } from '../contender.ts';

function server(redisUrl: string): { readonly io: Server; readonly publishing: Redis } {
  const publishing = new Redis(redisUrl);
  const io = new Server({ adapter: createAdapter(publishing, new Redis(redisUrl)) });
  return { io, publishing };
}

/** Two Socket.IO servers with the Redis adapter: `io.to(room).emit` on one, what it hands to a client's engine on the other. */
export function socketIo(): Contender {
  return {
    async sender(redisUrl): Promise<Sender> {
      const { io, publishing } = server(redisUrl);
      return {
        tick: (work: readonly Part[]) => {
          for (const { channel, texts } of work) for (const text of texts) io.to(channel).emit('m', text);
          // An emit tells nothing of its end: the answer to what is sent behind it does.
          return publishing.ping();
        },
      };
    },
    async receiver(redisUrl, channels, arrived) {
      const { io } = server(redisUrl);
      const rooms = io.of('/');
      // A client without a socket: it counts what the server would write.
      const client = {
        writeToEngine: (packets: unknown) => arrived([String(packets)]),
      };
      rooms.sockets.set('counting', { id: 'counting', client, notifyOutgoingListeners: () => undefined } as never);
      await rooms.adapter.addAll('counting', new Set(['counting', ...channels]));
      // The adapter subscribes by itself, and does not say when.
      await new Promise((resolve) => setTimeout(resolve, 500));
    },
  };
}
