import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import type { Contender, Sender } from '../contender.ts';

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
      let answered: Promise<unknown> | undefined;
      return {
        broadcast(channel, data) {
          io.to(channel).emit('m', data);
          // An emit tells nothing of its end: the answer to what is sent behind all of this turn does.
          answered ??= Promise.resolve().then(() => {
            answered = undefined;
            return publishing.ping();
          });
          return answered;
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
