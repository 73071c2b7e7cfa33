import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { serveContender } from '../../fanout/contender.ts';
import { listen } from '../../fanout/listen.ts';

// An echo over `ws` as its documentation shows it.
const server = createServer();
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => socket.on('message', (data: Buffer) => socket.send(data.toString())));

serveContender({
  listen: () => listen(server),
  subscriberCount: () => sockets.clients.size,
  broadcast: () => {
    throw new Error('this one echoes only');
  },
});
