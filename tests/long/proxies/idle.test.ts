import { RealtimeClient } from '@rt/client';
import { Realtime } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { sse } from '@rt/transport-sse';
import { websocket } from '@rt/transport-ws';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { randomName } from '../../hardening/raw-client.ts';
import { HaProxy } from '../../servers/haproxy.ts';
import { Nginx } from '../../servers/nginx.ts';

const IDLE_MS = 5 * 60_000;
const TRANSPORTS = ['websocket', 'sse', 'longpolling'] as const;

it(
  'nobody is dropped in 5 idle minutes behind proxies that cut what is silent for 30 s [H3]',
  { timeout: IDLE_MS + 60_000 },
  async () => {
    const realtime = new Realtime({ transports: [websocket(), sse(), longPolling()], trustProxy: 1, logger: false });
    onTestFinished(() => realtime.close({ drainMs: 0 }));
    const { port } = await realtime.listen({ port: 0, host: '127.0.0.1' });
    const nodes = [port, port];
    const nginx = await Nginx.start(nodes, (config) =>
      config.replace('proxy_read_timeout 60s', 'proxy_send_timeout 30s; proxy_read_timeout 30s'),
    );
    onTestFinished(() => nginx.stop());
    const haproxy = await HaProxy.start(nodes, (config) =>
      config
        .replace(/timeout (client|server) 60s/g, 'timeout $1 30s')
        .replace('timeout tunnel 1h', 'timeout tunnel 30s'),
    );
    onTestFinished(() => haproxy.stop());

    const room = randomName();
    const changes: unknown[] = [];
    const heard: Promise<unknown>[] = [];
    for (const { url } of [nginx, haproxy]) {
      for (const transport of TRANSPORTS) {
        const client = new RealtimeClient(url, { transports: [transport] });
        onTestFinished(() => client.close());
        const subscription = client.subscribe(room);
        heard.push(new Promise((resolve) => subscription.on('said', resolve)));
        await subscription.subscribed;
        client.on('state', (change) => changes.push([transport, change]));
      }
    }
    await delay(IDLE_MS);
    expect(changes).toEqual([]);
    await realtime.broadcast(room, 'said', 1);
    await Promise.all(heard);
    expect(changes).toEqual([]);
  },
);
