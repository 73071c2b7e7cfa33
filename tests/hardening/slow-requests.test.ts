import { Realtime } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { headerOf, requestText } from './http-request.ts';
import { connectFrame } from './raw-client.ts';
import { RawSession } from './raw-session.ts';
import { RawSocket } from './raw-socket.ts';
import { ServerChild } from './server-child.ts';
import { HonestClient, startServer } from './server.ts';

const LIMIT_MS = 1_000;
const JSON_TYPE = 'Content-Type: application/json';
const limits = { requestTimeoutMs: LIMIT_MS };

/** Writes a text byte by byte, one every `ms`; ends with the test. */
function drip(socket: RawSocket, text: string, ms = 50): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++] ?? ' '), ms);
  onTestFinished(() => clearInterval(timer));
}

/** A server of the application's own, with Node's long time-outs. */
async function attached(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const realtime = new Realtime({ transports: [longPolling()], logger: false, limits });
  await realtime.attach(server);
  onTestFinished(async () => {
    await realtime.close({ drainMs: 0 });
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

it('H5: a head that comes byte by byte is cut when its time is up', async () => {
  const { port } = await startServer({ limits });
  const honest = await HonestClient.join(port);
  const socket = await RawSocket.open(port);
  const startedAt = performance.now();
  drip(socket, requestText({ path: '/poll', lines: [JSON_TYPE, `X-Long: ${'x'.repeat(1_000)}`], body: '[]' }));
  expect((await socket.answer(9_000)).status).toBe(408);
  await socket.ending();
  expect(performance.now() - startedAt).toBeLessThan(3 * LIMIT_MS);
  await honest.isUnaffected();
});

it('H5: sockets that say nothing at all, or half a head and then nothing, are cut as well', async () => {
  const { port } = await startServer({ limits });
  const sockets = [await RawSocket.open(port), await RawSocket.open(port)];
  sockets[1]!.write('POST /realtime/poll HTTP/1.1\r\nHost: localhost\r\n');
  await Promise.all(sockets.map((socket) => socket.ending(9_000)));
});

it.each(['/poll', '/send'])(
  'H5: a body of %s that comes byte by byte is cut with 408 when its time is up',
  async (path) => {
    const { port } = await startServer({ limits });
    const honest = await HonestClient.join(port);
    const session = await RawSession.open(`http://127.0.0.1:${port}/realtime`, connectFrame({}));
    const lines = path === '/send' ? [JSON_TYPE, `Rt-Session: ${session.secret}`, 'Rt-Sequence: 1'] : [JSON_TYPE];
    const [head = '', body = ''] = requestText({ path, lines, body: JSON.stringify(['x'.repeat(1_000)]) }).split(
      '\r\n\r\n',
    );
    const socket = await RawSocket.open(port);
    socket.write(`${head}\r\n\r\n`);
    drip(socket, body);
    expect((await socket.answer(9_000)).status).toBe(408);
    await socket.ending();
    // Nothing of it counts.
    expect((await session.post(1, ['ping'])).status).toBe(204);
    await honest.isUnaffected();
  },
);

it.each(['/poll', '/send'])(
  'H5: so it is on a server of the application, whose own limits are long (%s)',
  async (path) => {
    const port = await attached();
    const session = await RawSession.open(`http://127.0.0.1:${port}/realtime`, connectFrame({}));
    const lines = [JSON_TYPE, ...(path === '/send' ? [`Rt-Session: ${session.secret}`, 'Rt-Sequence: 1'] : [])];
    const socket = await RawSocket.open(port);
    socket.write(requestText({ path, lines: [...lines, 'Content-Length: 100'] }));
    const answer = await socket.answer(9_000);
    expect([answer.status, headerOf(answer, 'connection')]).toEqual([408, 'close']);
    expect(answer.body).toContain('REQUEST_TIMEOUT');
    await socket.ending();
  },
);

it('H5: a poll may wait longer than a request may take', async () => {
  const { realtime, port } = await startServer({ limits });
  const session = await RawSession.open(`http://127.0.0.1:${port}/realtime`, connectFrame({}));
  const poll = session.poll(1);
  // The time that the server has for requests goes by: that is what is tested.
  await new Promise((resolve) => setTimeout(resolve, 2 * LIMIT_MS));
  await realtime.send(session.id, 'hello');
  expect((await poll).frames).toEqual([['direct', 'hello', null]]);
});

it('H5: while 200 requests drip, the p99 of an honest client stays within twice its own', async () => {
  const { port } = await ServerChild.start({ limits: { requestTimeoutMs: 60_000 } });
  const honest = await HonestClient.join(port);
  // The best of several: the machine may have other work.
  const p99 = async (): Promise<number> => {
    const rounds: number[] = [];
    while (rounds.length < 5) {
      const times: number[] = [];
      while (times.length < 100) times.push(await honest.latencyMs());
      rounds.push(times.toSorted((a, b) => a - b)[98]!);
    }
    return Math.min(...rounds);
  };
  const quiet = await p99();
  const text = requestText({ path: '/poll', lines: [JSON_TYPE], body: JSON.stringify(['x'.repeat(60_000)]) });
  const sockets = await Promise.all(Array.from({ length: 200 }, () => RawSocket.open(port)));
  for (const socket of sockets) drip(socket, text, 1_000);
  const slowed = await p99();
  // Below 50 ms nobody is held up, whatever the ratio.
  expect(slowed).toBeLessThan(Math.max(2 * quiet, 50));
});
