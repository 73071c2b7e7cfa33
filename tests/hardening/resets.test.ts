import { once } from 'node:events';
import { expect, it } from 'vitest';
import { within } from './deadline.ts';
import { Inbox } from './inbox.ts';
import { connectFrame, newInstance, RawClient, randomName } from './raw-client.ts';
import { RawSocket, upgradeRequest } from './raw-socket.ts';
import { HonestClient, startServer } from './server.ts';
import type { TestServer } from './server.ts';

const TIMES = 50;

/** Waits until nothing of this process waits for anything that did not wait before. */
async function nothingIsLeft(server: TestServer, before: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => (resourcesOf() <= before ? resolve() : void setImmediate(look));
  look();
  await within(3_000, `the end of ${resourcesOf() - before} sockets and timers`, promise);
  expect(await connectionsOf(server)).toBe(0);
}

/** Ends the honest client; resolves when the server has noticed. */
async function goes({ realtime }: TestServer, { client }: HonestClient): Promise<void> {
  const noticed = new Promise((resolve) => realtime.on('disconnected', resolve));
  client.raw.socket.resetAndDestroy();
  await within(3_000, 'the end of the honest client', noticed);
}

/** Sockets and timers that are referenced: what would keep a process alive. */
function resourcesOf(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'Timeout').length;
}

/** How many connections `close` would have to end: it waits for each, so none means that it is over at once. */
async function connectionsOf({ realtime }: TestServer): Promise<number> {
  let ended = 0;
  const stop = realtime.on('disconnected', () => ended++);
  await within(3_000, 'the end of close()', realtime.close({ drainMs: 0 }));
  stop();
  return ended;
}

it(`C10: a reset during authenticate aborts its signal and leaves nothing, ${TIMES} times`, async () => {
  const attempts = new Inbox<AbortSignal>();
  const server = await startServer({
    // Never answers by itself: only the reset ends it.
    authenticate: ({ signal }) => {
      attempts.push(signal);
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('gone')), { once: true }),
      );
    },
  });
  let connected = 0;
  server.realtime.on('connected', () => connected++);
  const before = resourcesOf();
  for (let round = 0; round < TIMES; round++) {
    const client = await RawClient.silent(server.port);
    client.send(['connect', 1, newInstance(), 'token', [[randomName(), null]]]);
    const signal = await attempts.next('authenticate');
    const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort');
    client.raw.socket.resetAndDestroy();
    await within(3_000, 'the abort of the signal', Promise.resolve(aborted));
    expect(signal.aborted).toBe(true);
  }
  expect(connected).toBe(0);
  await nothingIsLeft(server, before);
});

it('C10: an answer of authenticate that comes after the reset opens nothing', async () => {
  const waiting = new Inbox<{ signal: AbortSignal; accept: () => void }>();
  const { realtime, port } = await startServer({
    authenticate: ({ signal }) =>
      new Promise((resolve) => waiting.push({ signal, accept: () => resolve({ id: 'late' }) })),
    limits: { connectionsPerUser: 1 },
  });
  let connected = 0;
  realtime.on('connected', () => connected++);
  const channel = randomName();
  const gone = await RawClient.silent(port);
  gone.send(['connect', 1, newInstance(), 'token', [[channel, null]]]);
  const { signal, accept } = await waiting.next('authenticate');
  gone.raw.socket.resetAndDestroy();
  await once(signal, 'abort');
  accept();

  // The one connection that its user may have is still free, so the late one was never counted.
  const next = await RawClient.silent(port);
  next.send(['connect', 1, newInstance(), 'token']);
  (await waiting.next('authenticate')).accept();
  await next.next('ready');
  expect(connected).toBe(1);
  expect(await realtime.channel(channel).subscriberCount()).toBe(0);
});

const STAGES = {
  'before it says anything': () => '',
  'half-way through the request line': (request: string) => request.slice(0, 12),
  'half-way through the headers': (request: string) => request.slice(0, request.length / 2),
  'right after the request': (request: string) => request,
  'right after the request and its first frame': (request: string) => `${request}\u0081\u00fe`,
};

const CONNECT = connectFrame({ resume: [['news', null]] });
const POST = 'HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
const REQUESTS: Readonly<Record<string, (port: number) => string>> = {
  'the upgrade': upgradeRequest,
  'the opening of a stream': () => `POST /realtime/sse ${POST}Content-Length: ${CONNECT.length}\r\n\r\n${CONNECT}`,
  "a plain reader's request": () => 'GET /realtime/sse?channel=news HTTP/1.1\r\nHost: localhost\r\n\r\n',
};

const RESETS = Object.entries(REQUESTS).flatMap(([what, request]) =>
  Object.entries(STAGES).map(([stage, part]) => ({ what, stage, request, part })),
);

for (const { what, stage, request, part } of RESETS) {
  it(`C10: a reset during ${what}, ${stage}, leaves nothing, ${TIMES} times`, async () => {
    const server = await startServer();
    const before = resourcesOf();
    for (let round = 0; round < TIMES; round++) {
      const socket = await RawSocket.open(server.port);
      const flushed = Promise.withResolvers<void>();
      socket.socket.write(Buffer.from(part(request(server.port)), 'latin1'), () => flushed.resolve());
      await flushed.promise;
      socket.socket.resetAndDestroy();
    }
    const honest = await HonestClient.join(server.port);
    await honest.isUnaffected();
    await goes(server, honest);
    await nothingIsLeft(server, before);
  });
}

it(`C10: a reset while an upgrade is being refused leaves nothing, ${TIMES} times`, async () => {
  const server = await startServer({ allowedOrigins: ['https://app.example.com'] });
  const before = resourcesOf();
  for (let round = 0; round < TIMES; round++) {
    const socket = await RawSocket.open(server.port);
    const flushed = Promise.withResolvers<void>();
    socket.socket.write(upgradeRequest(server.port, { extra: ['Origin: https://evil.test'] }), () => flushed.resolve());
    await flushed.promise;
    socket.socket.resetAndDestroy();
  }
  const honest = await HonestClient.join(server.port);
  await honest.isUnaffected();
  await goes(server, honest);
  await nothingIsLeft(server, before);
});

it(`C10: a reset during a large write leaves no subscription, ${TIMES} times`, async () => {
  const server = await startServer({ limits: { maxQueuedBytes: 64 * 1024 * 1024 } });
  const { realtime, port } = server;
  const channel = randomName();
  const disconnected = new Inbox<string>();
  realtime.on('disconnected', ({ connection }) => disconnected.push(connection.id));
  const unsubscribed = new Inbox<string>();
  realtime.on('unsubscribed', ({ connection }) => unsubscribed.push(connection.id));
  const large = 'x'.repeat(200 * 1024);
  const before = resourcesOf();
  const honest = await HonestClient.join(port);
  for (let round = 0; round < TIMES; round++) {
    const client = await RawClient.silent(port);
    client.send(['connect', 1, newInstance()]);
    const [, id] = await client.next('ready');
    await client.subscribe(channel);
    client.raw.socket.pause();
    await Promise.all(Array.from({ length: 20 }, () => realtime.broadcast(channel, 'large', large)));
    client.raw.socket.resetAndDestroy();
    expect(await disconnected.next('disconnected')).toBe(id);
    expect(await unsubscribed.next('unsubscribed')).toBe(id);
    expect(await realtime.channel(channel).subscriberCount()).toBe(0);
  }
  await honest.isUnaffected();
  await goes(server, honest);
  await nothingIsLeft(server, before);
});

it('C10: a reset with a subscribe, a send and a close under way ends the process for nobody', async () => {
  const server = await startServer();
  const honest = await HonestClient.join(server.port);
  const channel = randomName();
  const disconnected = new Inbox<string>();
  server.realtime.on('disconnected', ({ connection }) => disconnected.push(connection.id));
  for (let round = 0; round < TIMES; round++) {
    const client = await RawClient.open(server.port);
    const frames = [
      ['sub', 1, channel],
      ['send', 2, channel, 'event', round],
      ['unsub', 3, channel],
      ['sub', 4, channel],
      ['bad'],
      ['sub', 0, 'close me'],
    ];
    client.raw.sendFrame(frames.map((frame) => JSON.stringify(frame)).join('\n'));
    client.raw.socket.resetAndDestroy();
    await disconnected.next('disconnected');
  }
  expect(await server.realtime.channel(channel).subscriberCount()).toBe(0);
  await honest.isUnaffected();
});
