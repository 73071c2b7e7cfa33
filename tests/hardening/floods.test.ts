import { expect, it } from 'vitest';
import { ServerChild } from './server-child.ts';
import { HonestClient, startServer } from './server.ts';
import { newInstance, RawClient, randomName } from './raw-client.ts';
import { RawSocket } from './raw-socket.ts';
import { clientFrame, OPCODE } from './wire-frame.ts';

/** RATE_LIMITED (docs/errors.md). */
const CUT = 4003;

/** `count` frames as one piece, so that the flood costs the attacker nothing. */
function flood(count: number, frame: (index: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => frame(index)));
}

function text(frame: readonly unknown[]): Buffer {
  return clientFrame(JSON.stringify(frame));
}

const channel = randomName();
const FLOODS: Record<string, Buffer> = {
  '10,000 sends': flood(10_000, (index) => text(['send', index + 1, channel, 'event', index])),
  '10,000 sends that want no answer': flood(10_000, (index) => text(['send', 0, channel, 'event', index])),
  '10,000 subscribes and unsubscribes': flood(10_000, (index) =>
    text([index % 2 === 0 ? 'sub' : 'unsub', index + 1, channel]),
  ),
  '10,000 subscribes to other channels': flood(10_000, (index) => text(['sub', index + 1, `${channel}.${index}`])),
  '10,000 frames of unknown types': flood(10_000, (index) => text(['unknown', index + 1])),
  '10,000 frames in few messages': flood(10, () =>
    clientFrame(Array.from({ length: 1_000 }, () => '["ping"]').join('\n')),
  ),
  '100,000 pings': flood(100_000, () => clientFrame('', { opcode: OPCODE.ping })),
  '100,000 pings of 125 bytes': flood(100_000, () => clientFrame(Buffer.alloc(125), { opcode: OPCODE.ping })),
  '100,000 unasked pongs': flood(100_000, () => clientFrame('', { opcode: OPCODE.pong })),
};

for (const [what, bytes] of Object.entries(FLOODS)) {
  it(`A1: ${what} are limited, then closed with ${CUT} within the second`, async () => {
    const { port } = await ServerChild.start();
    const honest = await HonestClient.join(port);
    const attacker = await RawClient.open(port);
    await Promise.all([attacker.raw.writeAll(bytes), attacker.ending()]);
    expect((await attacker.ending()).code).toBe(CUT);
    const limited = attacker.received.takeAll().find((frame) => frame[0] === 'err' && frame[2] === 'RATE_LIMITED');
    expect(limited?.[4]).toEqual({ retryAfterMs: expect.any(Number) as number });
    await honest.isUnaffected();
  });
}

it('A1: pings before connect are limited and closed as well', async () => {
  const { port } = await startServer();
  const attacker = await RawClient.silent(port);
  await Promise.all([attacker.raw.writeAll(FLOODS['100,000 pings']!), attacker.ending()]);
  expect((await attacker.ending()).code).toBe(CUT);
});

it('A1: a client that floods pings and never reads the pongs is gone, and holds no memory', async () => {
  const child = await ServerChild.start();
  const honest = await HonestClient.join(child.port);
  const taken = await child.memoryTakenBy(async () => {
    const attackers = await Promise.all(Array.from({ length: 10 }, () => RawClient.open(child.port)));
    await Promise.all(
      attackers.map(async ({ raw }) => {
        raw.socket.pause();
        await raw.writeAll(FLOODS['100,000 pings of 125 bytes']!);
        raw.socket.resume();
        expect([CUT, 1006]).toContain((await raw.ending(9_000)).code);
      }),
    );
  });
  expect(taken).toBeLessThan(16 * 1024 * 1024);
  await honest.isUnaffected();
});

it('A1: one that keeps to the limit after being refused is served again', async () => {
  const { port } = await startServer({ limits: { messageBurst: 5, messagesPerMinute: 600 } });
  const client = await RawClient.open(port);
  // However long that took, there is room for five at most, and these come together.
  for (let n = 1; n <= 8; n++) client.send(['sub', n, `${channel}.${n}`]);
  const refused = await client.next('err');
  expect([refused[0], refused[2]]).toEqual(['err', 'RATE_LIMITED']);
  const { retryAfterMs } = refused[4] as { retryAfterMs: number };
  // The wait that the server asked for, no guess.
  await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
  client.send(['sub', 9, `${channel}.9`]);
  await client.received.next('the subscription', (frame) => frame[0] === 'sub' && frame[1] === 9);
});

it('A1: a silent connection is closed with 4001 when its time is up', async () => {
  const { port } = await startServer({ limits: { connectTimeoutMs: 1_000 } });
  const honest = await HonestClient.join(port);
  const silent = await RawClient.silent(port);
  expect((await silent.ending()).code).toBe(4001);
  await honest.isUnaffected();
});

it('A1: a connection whose authenticate never answers is closed with 4001 when its time is up', async () => {
  let isAborted = false;
  const { port } = await startServer({
    limits: { connectTimeoutMs: 1_000 },
    authenticate: ({ signal }) => new Promise(() => signal.addEventListener('abort', () => (isAborted = true))),
  });
  const client = await RawClient.silent(port);
  client.send(['connect', 1, newInstance()]);
  expect((await client.ending()).code).toBe(4001);
  expect(isAborted).toBe(true);
});

it('A1: pings that are refused now and then do not keep a silent connection alive', async () => {
  const { port } = await startServer({ limits: { connectTimeoutMs: 2_000, messageBurst: 1, messagesPerMinute: 300 } });
  const silent = await RawClient.silent(port);
  // Two in a row every 250 ms: the first is allowed, the second refused, and the refusal is something sent.
  const pinging = setInterval(() => {
    silent.raw.sendFrame('', { opcode: OPCODE.ping });
    silent.raw.sendFrame('', { opcode: OPCODE.ping });
  }, 250);
  try {
    expect((await silent.ending(6_000)).code).toBe(4001);
  } finally {
    clearInterval(pinging);
  }
});

it('A1: 500 connections that send nothing hold up nobody and are closed with 4001', async () => {
  const child = await ServerChild.start({ limits: { connectTimeoutMs: 1_000 } });
  const honest = await HonestClient.join(child.port);
  const silent = await Promise.all(Array.from({ length: 500 }, () => RawClient.silent(child.port)));
  await honest.isUnaffected();
  const endings = await Promise.all(silent.map((client) => client.ending()));
  expect(new Set(endings.map((ending) => ending.code))).toEqual(new Set([4001]));
  await honest.isUnaffected();
});

it('A1: 500 sockets that never ask for an upgrade hold up nobody', async () => {
  const { port } = await ServerChild.start();
  const honest = await HonestClient.join(port);
  await Promise.all(Array.from({ length: 500 }, () => RawSocket.open(port)));
  await honest.isUnaffected();
});
