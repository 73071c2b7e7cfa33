import { Realtime } from '@rt/core';
import type { RealtimeOptions } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { onTestFinished } from 'vitest';

/** A server with long-polling on a free port, where clients may send everywhere; ends with the test. Answers its base URL. */
export async function startServer(options: RealtimeOptions = {}): Promise<{ realtime: Realtime; url: string }> {
  const realtime = new Realtime({
    transports: [longPolling()],
    channels: { '*': { send: true } },
    logger: false,
    ...options,
  });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  const { port } = await realtime.listen({ port: 0 });
  return { realtime, url: `http://127.0.0.1:${port}/realtime` };
}
