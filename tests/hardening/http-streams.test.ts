import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CLIENTS } from './clients.ts';
import { connectFrame, randomName } from './raw-client.ts';
import { RawSocket } from './raw-socket.ts';
import type { RawAnswer } from './raw-socket.ts';
import { ServerChild } from './server-child.ts';
import { HonestClient, startServer } from './server.ts';
import { StreamClient } from './stream-client.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const CONNECT = connectFrame({});

interface Lines {
  readonly method?: string;
  readonly path?: string;
  readonly lines?: readonly string[];
}

/** The head of a request that opens a stream. */
function head({ method = 'POST', path = '/realtime/sse', lines = [] }: Lines = {}): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...lines, '\r\n'].join('\r\n');
}

const JSON_TYPE = 'Content-Type: application/json';

/** A POST with a body and the length that goes with it. */
function post(body: string | Buffer, lines: readonly string[] = [JSON_TYPE]): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(head({ lines: [...lines, `Content-Length: ${bytes.length}`] })), bytes]);
}

async function answerTo(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  const socket = await RawSocket.open(port);
  const [answer] = await Promise.all([socket.answer(), socket.writeAll(Buffer.from(bytes))]);
  return answer;
}

const CHUNK = `10000\r\n${' '.repeat(64 * KIB)}\r\n`;
/** What one attacker writes, and the status that it is answered with. */
const ATTACKS: Readonly<Record<string, { readonly status: number; readonly bytes: () => Buffer }>> = {
  'a body of one byte over the limit': { status: 413, bytes: () => post(CONNECT.padEnd(64 * KIB + 1)) },
  'a length of 1 GiB': {
    status: 413,
    bytes: () =>
      Buffer.concat([
        Buffer.from(head({ lines: [JSON_TYPE, `Content-Length: ${1024 * MIB}`] })),
        Buffer.alloc(MIB, 0x20),
      ]),
  },
  'chunks without end': {
    status: 413,
    bytes: () => Buffer.from(head({ lines: [JSON_TYPE, 'Transfer-Encoding: chunked'] }) + CHUNK.repeat(40)),
  },
  '64 KiB of line breaks': { status: 413, bytes: () => post('\n'.repeat(64 * KIB)) },
  'a compressed body of 100 MiB': {
    status: 400,
    bytes: () =>
      post(gzipSync(Buffer.alloc(100 * MIB, 0x20)).subarray(0, 60 * KIB), [JSON_TYPE, 'Content-Encoding: gzip']),
  },
  '2,000 headers': {
    status: 431,
    bytes: () =>
      post(CONNECT, [JSON_TYPE, ...Array.from({ length: 2_000 }, (_, index) => `x-header-${index}: ${index}`)]),
  },
  'a channel of 64 KiB': {
    status: 431,
    bytes: () => Buffer.from(head({ method: 'GET', path: `/realtime/sse?channel=${'x'.repeat(64 * KIB)}` })),
  },
  'a channel of 15 KiB': {
    status: 400,
    bytes: () => Buffer.from(head({ method: 'GET', path: `/realtime/sse?channel=${'x'.repeat(15 * KIB)}` })),
  },
  'a GET with a body': {
    status: 400,
    bytes: () =>
      Buffer.from(head({ method: 'GET', path: '/realtime/sse?channel=news', lines: ['Content-Length: 1000000'] })),
  },
};

for (const [what, { status, bytes }] of Object.entries(ATTACKS)) {
  it(`A2: ${what} for a stream is refused with ${status} within the second and takes no memory`, async () => {
    const child = await ServerChild.start();
    const honest = await HonestClient.join(child.port);
    const attack = bytes();
    const taken = await child.memoryTakenBy(async () => {
      for (let round = 0; round < 5; round++) expect((await answerTo(child.port, attack)).status).toBe(status);
    });
    expect(taken).toBeLessThan(16 * MIB);
    await honest.isUnaffected();
  });
}

for (const [what, body] of Object.entries({
  '32,000 nested arrays': '['.repeat(32_000) + ']'.repeat(32_000),
  '64 KiB of open brackets': '['.repeat(64 * KIB),
  nothing: '',
})) {
  it(`A2: ${what} for a connect frame opens a stream that is closed with 4500`, async () => {
    const { port } = await startServer();
    const honest = await HonestClient.join(port);
    const client = await StreamClient.begin(port, body);
    expect((await client.ending()).code).toBe(4500);
    await honest.isUnaffected();
  });
}

describe.each(Object.entries(CLIENTS))('over %s', (_transport, clients) => {
  const channel = randomName();
  it.each([
    ['sends', (n: number) => ['send', n, channel, 'event', n]],
    ['sends that want no answer', (n: number) => ['send', 0, channel, 'event', n]],
    ['subscribes and unsubscribes', (n: number) => [n % 2 === 0 ? 'sub' : 'unsub', n, channel]],
    ['frames of unknown types', (n: number) => ['unknown', n]],
  ])('A1: 10,000 %s in messages of 100 are limited, then closed with 4003', async (_what, frame) => {
    const { port } = await ServerChild.start();
    const honest = await HonestClient.join(port);
    const attacker = await clients.open(port);
    for (let start = 1; start < 10_000; start += 100) {
      attacker.sendText(Array.from({ length: 100 }, (_, index) => JSON.stringify(frame(start + index))).join('\n'));
    }
    expect((await attacker.ending()).code).toBe(4003);
    const limited = attacker.received.takeAll().find((each) => each[0] === 'err' && each[2] === 'RATE_LIMITED');
    expect(limited?.[4]).toEqual({ retryAfterMs: expect.any(Number) as number });
    await honest.isUnaffected();
  });
});

describe('floods of streams', () => {
  it('A1: 500 sockets that ask for a stream and send no body hold up nobody, and are cut', async () => {
    const child = await ServerChild.start({ limits: { requestTimeoutMs: 1_000 } });
    const honest = await HonestClient.join(child.port);
    const slow = await Promise.all(
      Array.from({ length: 500 }, async () => {
        const socket = await RawSocket.open(child.port);
        socket.write(head({ lines: [JSON_TYPE, 'Content-Length: 100'] }));
        return socket;
      }),
    );
    await honest.isUnaffected();
    const answers = await Promise.all(slow.map((socket) => socket.answer(9_000)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([408]));
    await Promise.all(slow.map((socket) => socket.ending()));
    await honest.isUnaffected();
  });

  it('A1: 1,000 streams opened and dropped leave nothing', async () => {
    const { realtime, port } = await startServer();
    const honest = await HonestClient.join(port);
    let [opened, gone] = [0, 0];
    const { promise: allGone, resolve } = Promise.withResolvers<void>();
    realtime.on('connected', () => opened++);
    realtime.on('disconnected', () => {
      if (++gone === 1_000) resolve();
    });
    const room = randomName();
    for (let round = 0; round < 20; round++) {
      const clients = await Promise.all(
        Array.from({ length: 50 }, () => StreamClient.begin(port, connectFrame({ resume: [[room, null]] }))),
      );
      await Promise.all(clients.map((client) => client.next('sub')));
      for (const client of clients) client.destroy();
    }
    await allGone;
    expect(opened).toBe(1_000);
    expect(await realtime.channel(room).subscriberCount()).toBe(0);
    await honest.isUnaffected();
  });

  it('A1: plain readers count as connections of their address', async () => {
    const { port } = await startServer({ limits: { connectionsPerAddress: 3 } });
    const ask = head({ method: 'GET', path: '/realtime/sse?channel=news' });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) statuses.push((await answerTo(port, ask)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await answerTo(port, post(CONNECT))).status).toBe(429);
  });
});

describe('bodies', () => {
  it('H5: a body that comes byte by byte is cut with 408 when its time is up', async () => {
    const { port } = await startServer({ limits: { requestTimeoutMs: 1_000 } });
    const honest = await HonestClient.join(port);
    const socket = await RawSocket.open(port);
    socket.write(head({ lines: [JSON_TYPE, `Content-Length: ${CONNECT.length}`] }));
    let sent = 0;
    const dripping = setInterval(() => socket.write(CONNECT[sent++] ?? ''), 50);
    try {
      expect((await socket.answer(6_000)).status).toBe(408);
      await socket.ending();
    } finally {
      clearInterval(dripping);
    }
    expect(sent).toBeLessThan(CONNECT.length);
    await honest.isUnaffected();
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', undefined])(
    'W6: what a form of another site can send (%s) opens no stream',
    async (type) => {
      const { realtime, port } = await startServer();
      let opened = 0;
      realtime.on('connected', () => opened++);
      const lines = type === undefined ? [] : [`Content-Type: ${type}`];
      expect((await answerTo(port, post(CONNECT, lines))).status).toBe(415);
      expect((await answerTo(port, post(CONNECT, ['Origin: https://evil.test', ...lines]))).status).toBe(403);
      expect(opened).toBe(0);
    },
  );
});
