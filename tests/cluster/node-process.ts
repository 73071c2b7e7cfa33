/** The node of `NodeChild`: one server on Redis. Its measurements are asked for over HTTP, beside the paths of the product. */
import { redisBroker } from '@rt/broker-redis';
import { Realtime } from '@rt/core';
import { websocket } from '@rt/transport-ws';
import { createServer } from 'node:http';
import { LoopLag } from './loop-lag.ts';
import type { NodeInput, NodeStats } from './node-child.ts';

const { port, redis, namespace, options } = JSON.parse(process.argv[2] ?? '') as NodeInput & { readonly port: number };
const realtime = new Realtime({
  transports: [websocket()],
  broker: redisBroker({ url: redis, ...(namespace === undefined ? {} : { namespace }) }),
  authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
  channels: { '*': { send: true } },
  logger: false,
  ...options,
});
realtime.authorize('presence-*', ({ user, action }) => action === 'update' || { name: user?.id ?? '' });

const lag = new LoopLag();
lag.start();

const server = createServer(
  (req, res) => void answer(new URL(req.url ?? '/', 'http://node')).then((body) => res.end(body)),
);

async function answer({ pathname, searchParams }: URL): Promise<string> {
  if (pathname === '/members') {
    return String((await realtime.channel(searchParams.get('channel') ?? '').members()).length);
  }
  const connections = await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  const stats: NodeStats = {
    pid: process.pid,
    connections,
    lag: lag.own,
    feltLag: lag.felt,
    heapBytes: process.memoryUsage().heapUsed,
  };
  if (searchParams.has('reset')) lag.reset();
  return JSON.stringify(stats);
}

await realtime.attach(server);
server.listen({ port, host: '127.0.0.1' });

process.on('SIGTERM', () => void realtime.close({ drainMs: 0 }).finally(() => process.exit(0)));
