/** The server of `ServerProcess`: one `Realtime`, which tells its parent about itself when asked. */
import { Realtime } from '@rt/core';
import type { RealtimeOptions } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { sse } from '@rt/transport-sse';
import { websocket } from '@rt/transport-ws';

const { options, apiKey } = JSON.parse(process.argv[2] ?? '{}') as { options: RealtimeOptions; apiKey: string };
const realtime = new Realtime({
  transports: [websocket(), sse(), longPolling()],
  channels: { '*': { send: true } },
  apiKey,
  logger: false,
  ...options,
});
const { port } = await realtime.listen({ port: 0 });

let peakBytes = 0;
let sampling: NodeJS.Timeout | undefined;
process.on('message', (ask: 'watch' | 'peak') => {
  if (ask === 'watch') {
    globalThis.gc?.();
    peakBytes = process.memoryUsage.rss();
    process.send?.({ bytes: peakBytes });
    sampling ??= setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())), 5);
  } else {
    process.send?.({ bytes: Math.max(peakBytes, process.memoryUsage.rss()) });
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port });
