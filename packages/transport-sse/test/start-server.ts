import { Realtime } from '@rt/core';
import type { RealtimeOptions } from '@rt/core';
import { sse } from '@rt/transport-sse';
import { onTestFinished } from 'vitest';

/** A server with this transport on a free port, closed when the test ends; `url` is that of the transport. */
export async function startServer(options: RealtimeOptions = {}): Promise<{ realtime: Realtime; url: string }> {
  const realtime = new Realtime({
    transports: [sse()],
    channels: { '*': { send: true } },
    logger: false,
    ...options,
  });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  const { port } = await realtime.listen({ port: 0 });
  return { realtime, url: `http://127.0.0.1:${port}/realtime/sse` };
}
