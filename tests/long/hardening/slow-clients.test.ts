import { expect, it } from 'vitest';
import { RawClient } from '../../hardening/raw-client.ts';
import { RawSocket } from '../../hardening/raw-socket.ts';
import { ServerChild } from '../../hardening/server-child.ts';
import { API_KEY, HonestClient } from '../../hardening/server.ts';

it(
  'A1: 2,000 silent connections are closed with 4001 after the default 10 s and hold up nobody',
  { timeout: 120_000 },
  async () => {
    const { port } = await ServerChild.start();
    const honest = await HonestClient.join(port);
    const startedAt = performance.now();
    const silent: RawClient[] = [];
    for (let round = 0; round < 20; round++)
      silent.push(...(await Promise.all(Array.from({ length: 100 }, () => RawClient.silent(port)))));
    await honest.latencyMs();
    const endings = await Promise.all(silent.map((client) => client.ending(30_000)));
    expect(new Set(endings.map((ending) => ending.code))).toEqual(new Set([4001]));
    expect(performance.now() - startedAt).toBeGreaterThan(9_000);
    await honest.latencyMs();
  },
);

for (const [what, drip] of Object.entries({
  headers: 'GET /realtime/ws HTTP/1.1\r\nHost: localhost\r\n',
  'nothing at all': '',
})) {
  it(
    `A2: a client that sends ${what}, one line a second, is cut within the time for headers`,
    { timeout: 120_000 },
    async () => {
      const { port } = await ServerChild.start();
      const honest = await HonestClient.join(port);
      const socket = await RawSocket.open(port);
      socket.write(drip);
      const dripping = setInterval(() => drip !== '' && socket.write('x-slow: loris\r\n'), 1_000);
      try {
        // The target is 15 s.
        await socket.ending(45_000);
      } finally {
        clearInterval(dripping);
      }
      await honest.latencyMs();
    },
  );
}

it(
  'A2: a client that sends a body one byte a second is cut within the time for requests',
  { timeout: 120_000 },
  async () => {
    const { port } = await ServerChild.start();
    const honest = await HonestClient.join(port);
    const socket = await RawSocket.open(port);
    socket.write(
      `POST /realtime/api/v1/broadcast HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${API_KEY}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`,
    );
    const dripping = setInterval(() => socket.write(' '), 1_000);
    try {
      await socket.ending(60_000);
    } finally {
      clearInterval(dripping);
    }
    await honest.latencyMs();
  },
);
