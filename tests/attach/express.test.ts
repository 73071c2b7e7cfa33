import express from 'express';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  answerToH2c,
  canDeclineUpgrades,
  echoServer,
  echoWorks,
  listening,
  newRealtime,
  realtimeWorks,
} from './app.ts';

function newApp(): express.Express {
  const app = express();
  app.use(express.json());
  app.get('/hello', (_req, res) => void res.send('hello'));
  app.post('/body', (req, res) => void res.json({ got: req.body as unknown }));
  app.use((_req, res) => void res.status(404).send('the 404 of the app'));
  return app;
}

async function appWorks(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  expect(await (await fetch(`${url}/hello`)).text()).toBe('hello');
  const posted = await fetch(`${url}/body`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
  });
  expect(await posted.json()).toEqual({ got: { a: 1 } });
  for (const path of ['/nowhere', '/realtimes', '/realtime-x/live', '/REALTIME/live', '/%72ealtime/live']) {
    const answer = await fetch(url + path);
    expect([path, answer.status, await answer.text()]).toEqual([path, 404, 'the 404 of the app']);
  }
}

type Order = 'before' | 'after';

/** A server with the app's listener and the realtime one, in either order. */
async function serve(
  order: Order,
): Promise<{ server: Server; port: number; realtime: ReturnType<typeof newRealtime> }> {
  const realtime = newRealtime();
  const server = createServer();
  if (order === 'after') server.on('request', newApp());
  await realtime.attach(server);
  if (order === 'before') server.on('request', newApp());
  return { server, port: await listening(server), realtime };
}

for (const order of ['after', 'before'] as const) {
  describe(`attached ${order} the app`, () => {
    it("express: the app's routes, body parser and 404 are its own", async () => {
      const { port } = await serve(order);
      await appWorks(port);
    });

    it('express: realtime answers below its base path', async () => {
      const { port } = await serve(order);
      await realtimeWorks(port);
    });

    it("express: the app's listener hears nothing of realtime's requests", async () => {
      const { server, port } = await serve(order);
      const heard: (string | undefined)[] = [];
      // The last listener stands for any that the app adds later.
      server.on('request', (req) => heard.push(req.url));
      await realtimeWorks(port);
      expect(heard).toEqual([]);
    });

    it("express: the app's own WebSocket keeps working, and so does realtime's", async () => {
      const { server, port } = await serve(order);
      echoServer(server);
      await echoWorks(port);
      await realtimeWorks(port);
    });

    it('express: close() detaches and leaves the app serving', async () => {
      const { port, realtime } = await serve(order);
      await realtimeWorks(port);
      await realtime.close({ drainMs: 0 });
      await appWorks(port);
      const answer = await fetch(`http://127.0.0.1:${port}/realtime/live`);
      expect([answer.status, await answer.text()]).toEqual([404, 'the 404 of the app']);
    });
  });
}

it('express: a WebSocket server that the app made before attach keeps working, and so does realtime', async () => {
  const realtime = newRealtime();
  const server = createServer(newApp());
  echoServer(server);
  await realtime.attach(server);
  const port = await listening(server);
  await echoWorks(port);
  await realtimeWorks(port);
});

it.skipIf(!canDeclineUpgrades)(
  'express: an upgrade to h2c on a route of the app is answered as a normal request',
  async () => {
    const { port } = await serve('after');
    expect(await answerToH2c(port, '/hello')).toMatchObject({ status: 200, body: 'hello' });
  },
);

it.skipIf(!canDeclineUpgrades)(
  'express: an upgrade to h2c on a route of realtime is answered as a normal request',
  async () => {
    const { port } = await serve('after');
    expect((await answerToH2c(port, '/realtime/live')).status).toBe(200);
  },
);

it('express: app.listen() gives a server to attach to', async () => {
  const realtime = newRealtime();
  const server = createServer(newApp());
  const port = await listening(server);
  await realtime.attach(server);
  await appWorks(port);
  await realtimeWorks(port);
});
