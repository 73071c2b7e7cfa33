import { Realtime } from '@rt/core';
import { websocket } from '@rt/transport-ws';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { RawClient, randomName } from '../hardening/raw-client.ts';
import { RawSocket } from '../hardening/raw-socket.ts';
import { API_KEY, postBroadcast } from '../hardening/server.ts';

/** A `Realtime` to attach. Ends with the test. */
export function newRealtime(options: { basePath?: string } = {}): Realtime {
  const realtime = new Realtime({
    transports: [websocket()],
    channels: { '*': { send: true } },
    apiKey: API_KEY,
    logger: false,
    ...options,
  });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  return realtime;
}

/** Listens on a free port. Ends with the test. */
export async function listening(server: Server): Promise<number> {
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Everything that the application below the base path answers: routes, the API, and messages over WebSocket. */
export async function realtimeWorks(port: number): Promise<void> {
  const live = await fetch(`http://127.0.0.1:${port}/realtime/live`);
  expect([live.status, await live.json()]).toEqual([200, { status: 'live' }]);
  expect((await fetch(`http://127.0.0.1:${port}/realtime/nowhere`)).status).toBe(404);
  const client = await RawClient.open(port);
  const channel = randomName();
  await client.subscribe(channel);
  expect((await postBroadcast(port, JSON.stringify({ channel, event: 'event', data: { posted: true } }))).status).toBe(
    200,
  );
  expect((await client.next('m'))[4]).toEqual({ posted: true });
  client.raw.socket.destroy();
}

/** A WebSocket server of the application's own, as `ws` documents it, that echoes at `/app`. */
export function echoServer(server: Server): void {
  const echo = new WebSocketServer({ server, path: '/app' });
  echo.on('connection', (ws) => {
    ws.on('message', (data: Buffer) => ws.send(`echo ${data.toString('utf8')}`));
  });
  onTestFinished(() => {
    for (const ws of echo.clients) ws.terminate();
    echo.close();
  });
}

/** The application's own WebSocket still answers. */
export async function echoWorks(port: number): Promise<void> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/app`);
  onTestFinished(() => ws.terminate());
  await once(ws, 'open');
  ws.send('hello');
  const [data] = (await once(ws, 'message')) as [Buffer];
  expect(String(data)).toBe('echo hello');
  ws.close();
}

/** Node before 22.21 turns every request that offers an upgrade into one, once anything listens for upgrades. */
export const canDeclineUpgrades = 'shouldUpgradeCallback' in createServer();

/** What a route of the application's answers to a request that offers HTTP/2, as Java's and curl's clients do. */
export async function answerToH2c(port: number, path: string): Promise<{ status: number; body: string }> {
  const socket = await RawSocket.open(port);
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n`,
  );
  return socket.answer();
}
