import { afterEach, expect, it } from 'vitest';
import { endAll, serveRt } from '../cli/rt-process.ts';
import type { RtProcess } from '../cli/rt-process.ts';
import { within } from './deadline.ts';
import { RawClient } from './raw-client.ts';
import { RawSocket } from './raw-socket.ts';

const CLIENTS = 50;

afterEach(endAll);

async function servedWithClients(drainMs: number): Promise<{ rt: RtProcess; url: string; clients: RawClient[] }> {
  const { rt, url } = await serveRt(['--drain-ms', String(drainMs)]);
  const port = Number(new URL(url).port);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => RawClient.open(port)));
  return { rt, url, clients };
}

it(`C9: SIGTERM with ${CLIENTS} clients: readiness is 503 before they hear of it, all are told to move, and when they have the exit is 0`, async () => {
  const { rt, url, clients } = await servedWithClients(20_000);
  const port = Number(new URL(url).port);
  const statuses: number[] = [];
  const asked = clients.map(async (client) => {
    const drain = await client.next('drain', 9_000);
    statuses.push((await fetch(`${url}/realtime/ready`)).status);
    return drain;
  });
  const startedAt = performance.now();
  rt.kill('SIGTERM');
  expect(new Set((await Promise.all(asked)).map((frame) => JSON.stringify(frame)))).toEqual(
    new Set(['["drain",20000]']),
  );
  expect(new Set(statuses)).toEqual(new Set([503]));
  expect((await fetch(`${url}/realtime/live`)).status).toBe(200);
  const late = await RawSocket.open(port);
  expect((await late.upgrade(port)).status).toBe(503);
  // What they sent before they go is answered.
  const [first] = clients;
  expect((await first!.request('sub', 'room.1'))[0]).toBe('sub');
  for (const client of clients) client.raw.socket.end();
  expect(await within(9_000, 'the exit', rt.ended)).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

it(`C9: ${CLIENTS} clients that stay are closed with 4200 when the time is over, and the exit is 0 within 2 s more`, async () => {
  const { rt, clients } = await servedWithClients(500);
  const startedAt = performance.now();
  rt.kill('SIGTERM');
  const endings = await Promise.all(clients.map((client) => client.ending(9_000)));
  expect(new Set(endings.map(({ code }) => code))).toEqual(new Set([4200]));
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(490);
  // None of them answers the close: the server does not wait for that.
  expect(await within(9_000, 'the exit', rt.ended)).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(3 * 2_500);
});
