import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { serveContender } from '../../fanout/contender.ts';
import { listen } from '../../fanout/listen.ts';

const server = createServer();
const io = new Server(server, { transports: ['polling'] });
io.on('connection', (socket) => void socket.join('bench'));

serveContender({
  listen: () => listen(server),
  subscriberCount: () => io.of('/').adapter.rooms.get('bench')?.size ?? 0,
  broadcast: (messages) => {
    for (const data of messages) io.to('bench').emit('message', data);
  },
});
