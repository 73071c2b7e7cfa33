import { RealtimeClient } from '@rt/client';
import type { ClientOptions } from '@rt/client';
import { Realtime } from '@rt/core';
import type { RealtimeOptions } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { sse } from '@rt/transport-sse';
import { websocket } from '@rt/transport-ws';
import { onTestFinished } from 'vitest';

/** The transports that a client can be given. */
export const TRANSPORTS = ['websocket', 'sse', 'longpolling'] as const;

/** A server that takes all of them; tokens are user ids, and everybody may send everywhere. Closed when the test ends. */
export async function startNode(
  options: RealtimeOptions = {},
): Promise<{ readonly realtime: Realtime; readonly url: string }> {
  const realtime = new Realtime({
    transports: [websocket(), sse(), longPolling()],
    authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
    channels: { '*': { send: true } },
    logger: false,
    ...options,
  });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  realtime.authorize('presence-*', ({ user, action }) => action === 'update' || { name: user?.id ?? '' });
  realtime.authorize('private-*', () => false);
  const { url } = await realtime.listen({ port: 0, host: '127.0.0.1' });
  return { realtime, url };
}

/** A client that comes back fast. Closed when the test ends. */
export function newClient(url: string, options: ClientOptions = {}): RealtimeClient {
  const client = new RealtimeClient(url, { backoff: { baseMs: 20, maxMs: 100 }, ...options });
  // What goes wrong on purpose is no news.
  client.on('error', () => undefined);
  onTestFinished(() => client.close());
  return client;
}
