import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { answerToH2c, canDeclineUpgrades, echoServer, echoWorks, newRealtime, realtimeWorks } from './app.ts';

function newApp(): FastifyInstance {
  const app = Fastify({ logger: false });
  onTestFinished(() => app.close());
  app.get('/hello', () => 'hello');
  app.post('/body', (request) => ({ got: request.body }));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send('the 404 of the app'));
  return app;
}

async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
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
  const answer = await fetch(`${url}/realtimes`);
  expect([answer.status, await answer.text()]).toEqual([404, 'the 404 of the app']);
}

for (const order of ['before', 'after'] as const) {
  it(`fastify: attached ${order} listen, the app's routes and realtime's work side by side`, async () => {
    const app = newApp();
    const realtime = newRealtime();
    if (order === 'before') await realtime.attach(app.server);
    const port = await listen(app);
    if (order === 'after') await realtime.attach(app.server);
    await appWorks(port);
    await realtimeWorks(port);
  });

  it(`fastify: a WebSocket server made ${order} attach keeps working, and so does realtime`, async () => {
    const app = newApp();
    const realtime = newRealtime();
    if (order === 'before') echoServer(app.server);
    await realtime.attach(app.server);
    if (order === 'after') echoServer(app.server);
    const port = await listen(app);
    await echoWorks(port);
    await realtimeWorks(port);
    await appWorks(port);
  });
}

it("fastify: the app's hooks and 404 hear nothing of realtime's requests", async () => {
  const app = newApp();
  const heard: string[] = [];
  app.addHook('onRequest', async (request) => void heard.push(request.url));
  await newRealtime().attach(app.server);
  const port = await listen(app);
  await realtimeWorks(port);
  expect(heard).toEqual([]);
});

it.skipIf(!canDeclineUpgrades)(
  'fastify: an upgrade to h2c on a route of the app is answered as a normal request',
  async () => {
    const app = newApp();
    await newRealtime().attach(app.server);
    const port = await listen(app);
    expect(await answerToH2c(port, '/hello')).toMatchObject({ status: 200, body: 'hello' });
  },
);

it('fastify: close() detaches and leaves the app serving', async () => {
  const app = newApp();
  const realtime = newRealtime();
  await realtime.attach(app.server);
  const port = await listen(app);
  await realtimeWorks(port);
  await realtime.close({ drainMs: 0 });
  await appWorks(port);
  expect((await fetch(`http://127.0.0.1:${port}/realtime/live`)).status).toBe(404);
});
