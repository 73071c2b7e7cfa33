import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { within } from './deadline.ts';
import { RawClient } from './raw-client.ts';
import { RawSocket, upgradeRequest } from './raw-socket.ts';
import type { RawAnswer, UpgradeLines } from './raw-socket.ts';
import { ServerChild } from './server-child.ts';
import { HonestClient, startServer } from './server.ts';

/** An address of this machine that no honest client has. */
const ATTACKER = '127.0.0.2';

async function upgradeFrom(address: string, port: number, lines?: UpgradeLines): Promise<RawAnswer> {
  const socket = await RawSocket.open(port, address);
  return socket.upgrade(port, lines);
}

function forwardedFor(addresses: string): UpgradeLines {
  return { extra: [`X-Forwarded-For: ${addresses}`] };
}

function randomAddress(): string {
  return Array.from(randomBytes(4)).join('.');
}

/** How many of `answers` were upgrades; the others must be refusals of the address. */
function letIn(answers: readonly RawAnswer[]): number {
  const refused = answers.filter(({ status }) => status !== 101);
  for (const { status, body } of refused) {
    expect([status, JSON.parse(body)]).toEqual([
      429,
      { error: expect.objectContaining({ code: 'TOO_MANY_CONNECTIONS' }) },
    ]);
  }
  return answers.length - refused.length;
}

/** Fails unless `count` connections of `address` fit, as soon as the server has noticed that earlier ones are gone. */
async function fits(count: number, address: string, port: number): Promise<void> {
  const fill = async (): Promise<void> => {
    for (let open = 0; open < count;) {
      const { status } = await upgradeFrom(address, port);
      if (status === 101) open++;
    }
  };
  await within(3_000, `room for ${count} connections`, fill());
}

describe('a limit for each address', () => {
  it('A1: of 500 connections of one address as many as may get in, the others get 429 and nobody else notices', async () => {
    const { port } = await ServerChild.start({ limits: { connectionsPerAddress: 20 } });
    const honest = await HonestClient.join(port);
    const answers = await Promise.all(Array.from({ length: 500 }, () => upgradeFrom(ATTACKER, port)));
    expect(letIn(answers)).toBe(20);
    await honest.isUnaffected();
    expect(letIn([await upgradeFrom(ATTACKER, port), await upgradeFrom('127.0.0.3', port)])).toBe(1);
  });

  it('A1: a refused connection is closed', async () => {
    const { port } = await startServer({ limits: { connectionsPerAddress: 1 } });
    await RawClient.open(port);
    const socket = await RawSocket.open(port);
    expect((await socket.upgrade(port)).status).toBe(429);
    expect((await socket.ending()).code).toBe(1006);
  });

  it('A1: connections that say nothing count, until their time is up', async () => {
    const { port } = await startServer({ limits: { connectionsPerAddress: 3, connectTimeoutMs: 1_000 } });
    const silent = await Promise.all(Array.from({ length: 3 }, () => RawClient.silent(port)));
    expect((await upgradeFrom('127.0.0.1', port)).status).toBe(429);
    for (const client of silent) {
      expect((await client.ending()).code).toBe(4001);
      client.raw.socket.destroy();
    }
    await fits(3, '127.0.0.1', port);
  });

  it('A1: headers do not make another address of it where no proxy is trusted', async () => {
    const { port } = await startServer({ limits: { connectionsPerAddress: 2 } });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => {
        const address = randomAddress();
        const extra = [`X-Forwarded-For: ${address}`, `X-Real-IP: ${address}`, `Forwarded: for=${address}`];
        return upgradeFrom('127.0.0.1', port, { extra });
      }),
    );
    expect(letIn(answers)).toBe(2);
  });

  it('A1: behind a trusted proxy each client counts for itself, whatever it writes into the header', async () => {
    const { port } = await startServer({ trustProxy: ['loopback'], limits: { connectionsPerAddress: 2 } });
    const [greedy, modest] = await Promise.all(
      [20, 2].map((count, index) =>
        Promise.all(
          Array.from({ length: count }, () =>
            upgradeFrom('127.0.0.1', port, forwardedFor(`${randomAddress()}, 203.0.113.${index}`)),
          ),
        ),
      ),
    );
    expect([letIn(greedy!), letIn(modest!)]).toEqual([2, 2]);
  });

  it('A1: behind a trusted proxy headers of 4 KB of anything are read without harm', async () => {
    const { port } = await ServerChild.start({ trustProxy: 2 });
    const honest = await HonestClient.join(port);
    for (const part of [',', '::', '[', '1.1.1.1,', 'ÿ', '\t', '%00', '::1%z,', '"']) {
      expect((await upgradeFrom('127.0.0.1', port, forwardedFor(part.repeat(4_096 / part.length)))).status).toBe(101);
    }
    await honest.isUnaffected();
  });

  const TIMES = 50;
  const STAGES = {
    'half-way through the headers': (request: string) => request.slice(0, request.length / 2),
    'right after the request': (request: string) => request,
    'right after the request and its first frame': (request: string) => `${request}\u0081\u00fe`,
  };

  for (const [stage, part] of Object.entries(STAGES)) {
    it(`C10: a reset ${stage} leaves nothing counted, ${TIMES} times`, async () => {
      const { port } = await startServer({ limits: { connectionsPerAddress: TIMES } });
      for (let round = 0; round < TIMES; round++) {
        const { socket } = await RawSocket.open(port, ATTACKER);
        const flushed = Promise.withResolvers<void>();
        socket.write(Buffer.from(part(upgradeRequest(port)), 'latin1'), () => flushed.resolve());
        await flushed.promise;
        socket.resetAndDestroy();
      }
      await fits(TIMES, ATTACKER, port);
    });
  }

  it('C10: handshakes that fail, refusals and connections that were open leave nothing counted', async () => {
    const { port } = await startServer({ limits: { connectionsPerAddress: 5 } });
    for (let round = 0; round < 10; round++) {
      expect((await upgradeFrom(ATTACKER, port, { protocol: 'chat' })).status).toBe(400);
      expect((await upgradeFrom(ATTACKER, port, { extra: ['Sec-WebSocket-Version: 99'] })).status).toBeGreaterThan(399);
      expect((await upgradeFrom(ATTACKER, port, { extra: ['Origin: https://evil.test'] })).status).toBe(403);
      expect((await upgradeFrom(ATTACKER, port, { path: '/realtime/nothing' })).status).toBe(404);
    }
    const sockets = await Promise.all(Array.from({ length: 5 }, () => RawSocket.open(port, ATTACKER)));
    expect(letIn(await Promise.all(sockets.map((socket) => socket.upgrade(port))))).toBe(5);
    expect(letIn(await Promise.all(Array.from({ length: 10 }, () => upgradeFrom(ATTACKER, port))))).toBe(0);
    for (const { socket } of sockets) socket.resetAndDestroy();
    await fits(5, ATTACKER, port);
  });
});
