/** The node of `NodeChild`: one server on a broker. Its measurements are asked for over HTTP, at a port of their own. */
import { Realtime } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { sse } from '@rt/transport-sse';
import { websocket } from '@rt/transport-ws';
import { createServer } from 'node:http';
import { brokerAt } from './broker-at.ts';
import { LoopLag } from './loop-lag.ts';
import type { NodeInput, NodeStats } from './node-child.ts';

const input = JSON.parse(process.argv[2] ?? '') as NodeInput & { readonly port: number; readonly controlPort: number };
const { port, controlPort, brokerUrl, namespace, options } = input;
const realtime = new Realtime({
  transports: [websocket(), sse(), longPolling()],
  broker: brokerAt(brokerUrl, namespace),
  authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
  channels: { '*': { send: true } },
  logger: false,
  ...options,
});
realtime.authorize('presence-*', ({ user, action }) => action === 'update' || { name: user?.id ?? '' });

const lag = new LoopLag();
lag.start();

async function answer({ pathname, searchParams }: URL): Promise<string> {
  if (pathname === '/members') {
    return String((await realtime.channel(searchParams.get('channel') ?? '').members()).length);
  }
  const stats: NodeStats = {
    pid: process.pid,
    connections: process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length,
    lag: lag.own,
    feltLag: lag.felt,
    heapBytes: process.memoryUsage().heapUsed,
  };
  if (searchParams.has('reset')) lag.reset();
  return JSON.stringify(stats);
}

await realtime.listen({ port, host: '127.0.0.1' });
const control = createServer((req, res) => {
  void answer(new URL(req.url ?? '/', 'http://node')).then((body) => res.end(body));
});
control.listen(controlPort, '127.0.0.1');

process.on('SIGTERM', () => void realtime.close({ drainMs: 0 }).finally(() => process.exit(0)));
