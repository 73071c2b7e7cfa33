import { describe, expect, it } from 'vitest';
import { newInstance, RawClient, randomName } from './raw-client.ts';
import { RawSocket } from './raw-socket.ts';
import { ServerChild } from './server-child.ts';
import { API_KEY, HonestClient, postBroadcast, startServer } from './server.ts';
import { clientFrame, OPCODE } from './wire-frame.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const DEEP = '['.repeat(32_000) + ']'.repeat(32_000);

/** What one attacker writes, and the code that it is closed with. */
interface Attack {
  readonly code: number;
  readonly bytes: () => Buffer;
}

const ATTACKS: Record<string, Attack> = {
  'a message of one byte over the limit': { code: 1009, bytes: () => clientFrame('x'.repeat(64 * KIB + 1)) },
  'a message of 8 MiB': { code: 1009, bytes: () => clientFrame(Buffer.alloc(8 * MIB, 0x20)) },
  'fragments that are over the limit together': {
    code: 1009,
    bytes: () =>
      Buffer.concat([
        clientFrame(Buffer.alloc(40 * KIB, 0x20), { isFinal: false }),
        clientFrame(Buffer.alloc(40 * KIB, 0x20), { opcode: OPCODE.continuation }),
      ]),
  },
  'a header that claims 2^63 bytes': { code: 1009, bytes: () => clientFrame('[', { claimedLength: 2n ** 63n }) },
  'a header that claims 2^53 bytes': { code: 1009, bytes: () => clientFrame('[', { claimedLength: 2n ** 53n }) },
  'a header that claims 2^32 bytes': { code: 1009, bytes: () => clientFrame('[', { claimedLength: 2n ** 32n }) },
  'a million empty fragments': {
    code: 1008,
    bytes: () =>
      Buffer.concat([
        clientFrame('', { isFinal: false }),
        Buffer.concat(Array<Buffer>(1_000_000).fill(clientFrame('', { isFinal: false, opcode: OPCODE.continuation }))),
      ]),
  },
  'a compressed message that nobody agreed on': {
    code: 1002,
    bytes: () => clientFrame(Buffer.alloc(60 * KIB), { reserved: 0x40 }),
  },
  'an unmasked message': { code: 1002, bytes: () => clientFrame('["ping"]', { isMasked: false }) },
  'a ping of 126 bytes': { code: 1002, bytes: () => clientFrame(Buffer.alloc(126), { opcode: OPCODE.ping }) },
  'a fragmented ping': { code: 1002, bytes: () => clientFrame('', { opcode: OPCODE.ping, isFinal: false }) },
  'a continuation of nothing': { code: 1002, bytes: () => clientFrame('["ping"]', { opcode: OPCODE.continuation }) },
  'an unknown opcode': { code: 1002, bytes: () => clientFrame('["ping"]', { opcode: 3 }) },
  'reserved bits': { code: 1002, bytes: () => clientFrame('["ping"]', { reserved: 0x30 }) },
  '64 KiB of line breaks': { code: 4500, bytes: () => clientFrame('\n'.repeat(64 * KIB)) },
  '64 KiB of line breaks behind a good frame': {
    code: 4500,
    bytes: () => clientFrame(`["ping"]${'\n'.repeat(64 * KIB - 8)}`),
  },
  '32,000 nested arrays for a frame': { code: 4500, bytes: () => clientFrame(DEEP) },
  '32,000 open brackets': { code: 4500, bytes: () => clientFrame('['.repeat(64 * KIB)) },
};

for (const [what, { code, bytes }] of Object.entries(ATTACKS)) {
  it(`A2: ${what} is closed with ${code} within the second and takes no memory`, async () => {
    const child = await ServerChild.start();
    const honest = await HonestClient.join(child.port);
    const attack = bytes();
    const taken = await child.memoryTakenBy(async () => {
      const attacker = await RawClient.open(child.port);
      const [ending] = await Promise.all([attacker.ending(), attacker.raw.writeAll(attack)]);
      expect(ending.code).toBe(code);
    });
    expect(taken).toBeLessThan(16 * MIB);
    await honest.isUnaffected();
  });
}

describe('what is within the limits', () => {
  it('A2: a message of exactly the limit is read', async () => {
    const { port } = await startServer();
    const client = await RawClient.open(port);
    const frame = '["send",1,"room.1","event",""]';
    client.sendText(frame.replace('""', `"${'x'.repeat(64 * KIB - frame.length)}"`));
    expect(await client.next('ok')).toEqual(['ok', 1, expect.any(String)]);
  });

  it('A2: 6,000 keys arrive as data', async () => {
    const { port } = await startServer();
    const channel = randomName();
    const [sender, receiver] = [await RawClient.open(port), await RawClient.open(port)];
    await receiver.subscribe(channel);
    const data = Object.fromEntries(Array.from({ length: 6_000 }, (_, index) => [`k${index}`, 0]));
    expect((await sender.request('send', channel, 'event', data))[0]).toBe('ok');
    expect((await receiver.next('m'))[4]).toEqual(data);
  });

  it('A2: data nested as deep as allowed arrives, and one deeper is refused as INVALID_DATA', async () => {
    const { port } = await startServer();
    const client = await RawClient.open(port);
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    client.sendText(`["send",1,"room.1","event",${nested(64)}]`);
    expect(await client.next('ok')).toEqual(['ok', 1, expect.any(String)]);
    client.sendText(`["send",2,"room.1","event",${nested(65)}]`);
    expect((await client.next('err')).slice(0, 3)).toEqual(['err', 2, 'INVALID_DATA']);
    client.sendText(`["send",3,"room.1","event",${nested(32_000)}]`);
    expect((await client.next('err')).slice(0, 3)).toEqual(['err', 3, 'INVALID_DATA']);
    client.sendText(`["send",4,"room.1","event",${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}]`);
    expect((await client.next('err')).slice(0, 3)).toEqual(['err', 4, 'INVALID_DATA']);
  });

  it('A2: 64 fragments are one message', async () => {
    const { port } = await startServer();
    const client = await RawClient.open(port);
    const parts = '["ping"]'.split('');
    client.raw.sendFrame('', { isFinal: false });
    for (const part of parts) client.raw.sendFrame(part, { isFinal: false, opcode: OPCODE.continuation });
    client.raw.sendFrame('', { opcode: OPCODE.continuation });
    await client.next('pong');
  });

  it('A2: a resume list as long as the server has channels is served, and what is over is refused one by one', async () => {
    const { port } = await startServer({ limits: { maxChannels: 3 } });
    const client = await RawClient.silent(port);
    client.send(['connect', 1, newInstance(), null, ['a', 'b', 'c', 'd', 'e'].map((name) => [name, null])]);
    for (const name of ['a', 'b', 'c']) expect((await client.next('sub'))[2]).toBe(name);
    for (const name of ['d', 'e'])
      expect((await client.next('unsub')).slice(0, 3)).toEqual(['unsub', name, 'TOO_MANY_CHANNELS']);
  });

  it('A2: a resume list of more than 1,000 channels is closed with 4500', async () => {
    const { port } = await startServer();
    const client = await RawClient.silent(port);
    client.send(['connect', 1, newInstance(), null, Array.from({ length: 1_001 }, (_, index) => [`c${index}`, null])]);
    expect((await client.ending()).code).toBe(4500);
  });
});

describe('requests', () => {
  const HEADERS: Record<string, readonly string[]> = {
    '2,000 headers': Array.from({ length: 2_000 }, (_, index) => `x-header-${index}: ${index}`),
    'a header of 64 KiB': [`x-header: ${'x'.repeat(64 * KIB)}`],
    'a cookie of 64 KiB': [`cookie: ${'a=b; '.repeat(13_000)}`],
    'a sub-protocol of 64 KiB': [`sec-websocket-protocol: ${'x, '.repeat(22_000)}`],
  };

  for (const [what, extra] of Object.entries(HEADERS)) {
    it(`A2: an upgrade with ${what} is refused with 431 and closed`, async () => {
      const child = await ServerChild.start();
      const honest = await HonestClient.join(child.port);
      const taken = await child.memoryTakenBy(async () => {
        for (let round = 0; round < 5; round++) {
          const socket = await RawSocket.open(child.port);
          expect((await socket.upgrade(child.port, { extra })).status).toBe(431);
          await socket.ending();
        }
      });
      expect(taken).toBeLessThan(16 * MIB);
      await honest.isUnaffected();
    });
  }

  it('A2: an upgrade with a path of 64 KiB is refused and closed', async () => {
    const { port } = await startServer();
    const honest = await HonestClient.join(port);
    const socket = await RawSocket.open(port);
    expect((await socket.upgrade(port, { path: `/realtime/ws?${'x'.repeat(64 * KIB)}` })).status).toBe(431);
    await socket.ending();
    await honest.isUnaffected();
  });

  it('A2: a body over the limit is refused with 413 and not read to its end', async () => {
    const child = await ServerChild.start();
    const honest = await HonestClient.join(child.port);
    const taken = await child.memoryTakenBy(async () => {
      const socket = await RawSocket.open(child.port);
      socket.write(
        `POST /realtime/api/v1/broadcast HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${API_KEY}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${1024 * MIB}\r\n\r\n`,
      );
      const [{ status }] = await Promise.all([socket.answer(), socket.writeAll(Buffer.alloc(300 * KIB, 0x20))]);
      expect(status).toBe(413);
      await socket.ending();
    });
    expect(taken).toBeLessThan(16 * MIB);
    await honest.isUnaffected();
  });

  it('A2: a chunked body over the limit is refused with 413', async () => {
    const { port } = await startServer();
    const honest = await HonestClient.join(port);
    const socket = await RawSocket.open(port);
    socket.write(
      `POST /realtime/api/v1/broadcast HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${API_KEY}\r\n` +
        'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = Buffer.from(`10000\r\n${' '.repeat(64 * KIB)}\r\n`);
    const [{ status }] = await Promise.all([
      socket.answer(),
      socket.writeAll(Buffer.concat([chunk, chunk, chunk, chunk, chunk])),
    ]);
    expect(status).toBe(413);
    await socket.ending();
    await honest.isUnaffected();
  });

  it('A2: a body over the limit without the key is refused with 401 before it is read', async () => {
    const { port } = await startServer();
    const socket = await RawSocket.open(port);
    socket.write(
      'POST /realtime/api/v1/broadcast HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n',
    );
    expect((await socket.answer()).status).toBe(401);
    await socket.ending();
  });

  it('A2: data nested 32,000 deep in a body is refused as INVALID_DATA', async () => {
    const { port } = await startServer();
    const honest = await HonestClient.join(port);
    expect(await postBroadcast(port, `{"channel":"room.1","event":"event","data":${DEEP}}`)).toMatchObject({
      status: 422,
      body: { error: { code: 'INVALID_DATA' } },
    });
    await honest.isUnaffected();
  });
});
