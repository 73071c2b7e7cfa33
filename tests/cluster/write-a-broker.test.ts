import { RealtimeClient } from '@rt/client';
import type { Broker } from '@rt/core';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../servers/ports.ts';
import { until } from '../servers/until.ts';
import { readPage } from '../tooling/docs-page.ts';
import { unpackPage } from '../tooling/unpack-page.ts';
import { startNode } from './fleet.ts';

const folder = await unpackPage(readPage('docs/write-a-broker.md'));
const load = (name: string): Promise<Record<string, unknown>> =>
  import(pathToFileURL(join(folder, name)).href) as Promise<Record<string, unknown>>;
const relay = (await load('relay.ts'))['relay'] as () => Server;
const relayBroker = (await load('relay-broker.ts'))['relayBroker'] as (options: { readonly port: number }) => Broker;
// It calls `testBroker`.
await load('relay-suite.ts');

afterAll(() => rm(folder, { recursive: true }));

async function startRelay(port = 0): Promise<{ readonly port: number; readonly end: () => void }> {
  const server = relay();
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const end = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, end };
}

describe('the broker of docs/write-a-broker.md', () => {
  it('carries messages between two servers, and says a gap when the relay was away', async () => {
    const first = await startRelay(await freePort());
    const nodes = [
      await startNode(relayBroker({ port: first.port }), { channels: {} }),
      await startNode(relayBroker({ port: first.port }), { channels: {} }),
    ];
    const client = new RealtimeClient(nodes[0]!.url);
    onTestFinished(() => client.close());
    const news = client.subscribe('news');
    const got: unknown[] = [];
    const gaps: string[] = [];
    news.on('n', (data) => got.push(data));
    news.lifecycle.on('gap', ({ reason }) => gaps.push(reason));
    await news.subscribed;
    await nodes[1]!.realtime.broadcast('news', 'n', 1);
    await until('the first message', async () => got.length === 1);
    first.end();
    await until('the loss is noticed', async () => (await fetch(`${nodes[0]!.url}/realtime/ready`)).status === 503);
    const second = await startRelay(first.port);
    onTestFinished(() => second.end());
    await until('the client is told', async () => gaps.length === 1);
    expect(gaps).toEqual(['broker']);
    await nodes[1]!.realtime.broadcast('news', 'n', 2);
    await until('the second message', async () => got.length === 2);
  });

  it('says what to do where there is no relay', async () => {
    const port = await freePort();
    const ignore = (): void => undefined;
    const broker = relayBroker({ port });
    await expect(broker.start({ message: ignore, health: ignore, gap: ignore, warn: ignore })).rejects.toMatchObject({
      code: 'BROKER_DOWN',
      message: `no relay at 127.0.0.1:${port}: start it, or change the port`,
    });
    await broker.close();
  });
});
