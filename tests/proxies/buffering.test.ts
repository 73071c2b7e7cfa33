import { RealtimeClient } from '@rt/client';
import { Realtime } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { sse } from '@rt/transport-sse';
import { expect, it, onTestFinished } from 'vitest';
import { randomName } from '../hardening/raw-client.ts';
import { Nginx } from '../servers/nginx.ts';
import type { ConfigChange } from '../servers/proxy-config.ts';

/** Three times what a first event may take. */
const FIRST_EVENT_MS = 3_000;

const behind = async (change: ConfigChange): Promise<{ realtime: Realtime; url: string }> => {
  const realtime = new Realtime({ transports: [sse(), longPolling()], trustProxy: 1, logger: false });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  const { port } = await realtime.listen({ port: 0, host: '127.0.0.1' });
  const proxy = await Nginx.start([port, port], change);
  onTestFinished(() => proxy.stop());
  return { realtime, url: proxy.url };
};

it('SSE is not buffered by an nginx that is told nothing of it [H3]', async () => {
  const { url } = await behind((config) => config.replace('proxy_buffering off;', ''));
  const answer = await fetch(`${url}/realtime/sse?channel=${randomName()}`, {
    signal: AbortSignal.timeout(FIRST_EVENT_MS),
  });
  expect(answer.status).toBe(200);
  const { value } = await answer.body!.getReader().read();
  expect(value!.length).toBeGreaterThan(0);
});

it('a client leaves SSE for polls behind a proxy that buffers whatever it is told [H3]', async () => {
  const buffers = 'proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;';
  const { realtime, url } = await behind((config) => config.replace('proxy_buffering off;', buffers));
  const client = new RealtimeClient(url, { transports: ['sse', 'longpolling'], connectTimeoutMs: 2_000 });
  onTestFinished(() => client.close());
  const room = randomName();
  const subscription = client.subscribe(room);
  const told = Promise.withResolvers<unknown>();
  subscription.on('said', (data) => told.resolve(data));
  await subscription.subscribed;
  expect(client.transport).toBe('longpolling');
  await realtime.broadcast(room, 'said', 1);
  expect(await told.promise).toBe(1);
});
