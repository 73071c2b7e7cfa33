import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { serveContender } from '../contender.ts';
import { listen } from '../listen.ts';

const server = createServer();
const sockets = new WebSocketServer({ server });

serveContender({
  listen: () => listen(server),
  subscriberCount: () => sockets.clients.size,
  broadcast: (messages) => {
    for (const data of messages) {
      const text = JSON.stringify({ channel: 'bench', event: 'message', data });
      for (const client of sockets.clients) {
        if (client.readyState === WebSocket.OPEN) client.send(text);
      }
    }
  },
});
