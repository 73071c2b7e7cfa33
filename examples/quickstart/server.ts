import { memoryBroker, Realtime } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { sse } from '@rt/transport-sse';
import { websocket } from '@rt/transport-ws';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { readFlags } from './flags.ts';
import { greeting } from './greeting.ts';
import { listen } from './listen.ts';
import { servePage } from './page.ts';
import { nameOf, visitorOf } from './visitor.ts';

// node examples/quickstart/server.ts [--port 6001] [--host 127.0.0.1]
const { port, host } = readFlags();
const apiKey = randomBytes(16).toString('hex');

const realtime = new Realtime({
  // How browsers connect: the other two where a WebSocket does not get through.
  transports: [websocket(), sse(), longPolling()],
  // What carries messages between nodes: here there is one node.
  broker: memoryBroker(),
  // Who a client is. Only members of a presence channel have to be somebody; `rt listen` stays anonymous.
  authenticate: ({ token }) => visitorOf(token),
  // Everybody may listen to every room, and gets what was said in the last minutes. Clients may send only what is named here.
  channels: { 'room.*': { send: ['message.sent', 'typing.started'] } },
  // For `rt publish` and other programs; browsers never see it.
  apiKey,
  // Whoever reloads the page is back within this time and has never been away. The default of 10 s suits phones better.
  limits: { presenceGraceMs: 3000 },
});

// Who is in a room: its members see each other, as what is answered here. A real application takes names from its users only.
realtime.authorize('presence-room.*', ({ user, action, info }) => ({
  name: nameOf(action === 'update' ? info?.['name'] : user?.['name']),
}));

// Any server of node:http will do, Express' and Fastify's too. Realtime takes /realtime/…, the rest stays yours.
const server = createServer(servePage);
await realtime.attach(server);

let isStopping = false;

async function stop(): Promise<void> {
  // Whoever asks twice does not want to wait.
  if (isStopping) process.exit(1);
  isStopping = true;
  console.log('\nStopping: asking the tabs to go. (Ctrl-C again stops at once.)');
  // No other node could take them, so there is no reason to give them long.
  await realtime.close({ drainMs: 1000 });
  server.close();
  server.closeAllConnections();
  console.log('Stopped. Start it again and the tabs come back by themselves.');
}

process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());

const url = await listen(server, port, host);
console.log(greeting(url, apiKey));
