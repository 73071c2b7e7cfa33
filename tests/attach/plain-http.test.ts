import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { expect, it } from 'vitest';
import { RawClient } from '../hardening/raw-client.ts';
import { RawSocket, upgradeRequest } from '../hardening/raw-socket.ts';
import { HonestClient, postBroadcast } from '../hardening/server.ts';
import { answerToH2c, canDeclineUpgrades, listening, newRealtime, realtimeWorks } from './app.ts';

/** An app that answers everything with its own words. */
function appServer(): Server {
  return createServer((req, res) => res.end(`app ${req.url}`));
}

async function textOf(port: number, path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}

it('attach: two upgrades at once open two connections', async () => {
  const server = appServer();
  await newRealtime().attach(server);
  const port = await listening(server);
  const clients = await Promise.all([RawClient.open(port), RawClient.open(port)]);
  for (const client of clients) await client.roundTrip();
});

it.skipIf(!canDeclineUpgrades)(
  'attach: an upgrade to a path of the app, where nothing takes upgrades, is answered as a normal request',
  async () => {
    const server = appServer();
    await newRealtime().attach(server);
    const port = await listening(server);
    expect(await answerToH2c(port, '/page')).toMatchObject({ status: 200, body: 'app /page' });
    const socket = await RawSocket.open(port);
    expect((await socket.upgrade(port, { path: '/page' })).body).toBe('app /page');
  },
);

it('attach: an upgrade below the base path to what is no transport is refused with 404', async () => {
  const server = appServer();
  await newRealtime().attach(server);
  const port = await listening(server);
  for (const path of [
    '/realtime',
    '/realtime/',
    '/realtime/ws/',
    '/realtime/ws/x',
    '/realtime/WS',
    '/realtime/%77s',
    '/realtime//ws',
  ]) {
    const socket = await RawSocket.open(port);
    expect([path, (await socket.upgrade(port, { path })).status]).toEqual([path, 404]);
  }
});

it('attach: a POST that asks for the upgrade opens no connection', async () => {
  const server = appServer();
  await newRealtime().attach(server);
  const port = await listening(server);
  const honest = await HonestClient.join(port);
  const socket = await RawSocket.open(port);
  socket.write(upgradeRequest(port).replace('GET ', 'POST '));
  expect((await socket.answer()).status).toBeGreaterThanOrEqual(400);
  await honest.isUnaffected();
});

it("attach: the app's own upgrade listener gets its upgrades, and none of realtime's", async () => {
  const server = appServer();
  const upgrades: (string | undefined)[] = [];
  server.on('upgrade', (req, socket) => {
    upgrades.push(req.url);
    socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n');
  });
  await newRealtime().attach(server);
  const port = await listening(server);
  const socket = await RawSocket.open(port);
  expect((await socket.upgrade(port, { path: '/page' })).status).toBe(418);
  await realtimeWorks(port);
  expect(upgrades).toEqual(['/page']);
});

it('attach: a server without any other listener answers 404 elsewhere', async () => {
  const server = createServer();
  await newRealtime().attach(server);
  const port = await listening(server);
  expect((await fetch(`http://127.0.0.1:${port}/page`)).status).toBe(404);
  await realtimeWorks(port);
});

it('attach: two Realtimes with base paths of their own share a server, and closing the first leaves the second and the app', async () => {
  const server = createServer((req, res) => {
    // An answer that comes a turn later shows when the request came twice.
    setImmediate(() => res.writeHead(200, { 'x-app': 'yes' }).end(`app ${req.url}`));
  });
  let answered = 0;
  server.on('request', () => answered++);
  const [first, second] = [newRealtime({ basePath: '/first' }), newRealtime()];
  await first.attach(server);
  await second.attach(server);
  const port = await listening(server);
  expect((await fetch(`http://127.0.0.1:${port}/first/live`)).status).toBe(200);
  await realtimeWorks(port);
  await first.close({ drainMs: 0 });
  answered = 0;
  expect(await textOf(port, '/first/live')).toBe('app /first/live');
  expect(await textOf(port, '/page')).toBe('app /page');
  expect(answered).toBe(2);
  await realtimeWorks(port);
});

it('attach: close() gives the server back as it was', async () => {
  const server = appServer();
  const before = [server.listeners('request'), server.listeners('upgrade')];
  const realtime = newRealtime();
  await realtime.attach(server);
  const port = await listening(server);
  const client = await RawClient.open(port);
  await realtime.close({ drainMs: 0 });
  expect((await client.ending()).code).toBe(4200);
  expect([server.listeners('request'), server.listeners('upgrade')]).toEqual(before);
  expect(await textOf(port, '/realtime/live')).toBe('app /realtime/live');
});

it("handler: answers below the base path and leaves the rest to the app's own server", async () => {
  const realtime = newRealtime();
  await realtime.start();
  const server = createServer((req, res) => {
    if (!realtime.handler(req, res)) res.end(`app ${req.url}`);
  });
  const port = await listening(server);
  expect(await textOf(port, '/page')).toBe('app /page');
  expect((await fetch(`http://127.0.0.1:${port}/realtime/ready`)).status).toBe(200);
  expect((await postBroadcast(port, '{"channel":"room.1","event":"event"}')).status).toBe(200);
});

it('handler: a broadcast after close() is refused with 503, not lost', async () => {
  const realtime = newRealtime();
  await realtime.start();
  const server = createServer((req, res) => void realtime.handler(req, res));
  const port = await listening(server);
  await realtime.close({ drainMs: 0 });
  expect(await postBroadcast(port, '{"channel":"room.1","event":"event"}')).toMatchObject({
    status: 503,
    body: { error: { code: 'CLOSING' } },
  });
});

it('handler: a broadcast before start() is not lost', async () => {
  const realtime = newRealtime();
  const server = createServer((req, res) => void realtime.handler(req, res));
  const port = await listening(server);
  // What is accepted must have reached a broker that was started: nothing else makes it ready.
  const { status } = await postBroadcast(port, '{"channel":"room.1","event":"event"}');
  const ready = await fetch(`http://127.0.0.1:${port}/realtime/ready`);
  expect([status, ready.status]).toEqual(status === 200 ? [200, 200] : [503, 503]);
});
