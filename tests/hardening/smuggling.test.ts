import { describe, expect, it } from 'vitest';
import { requestText } from './http-request.ts';
import { connectFrame, randomName } from './raw-client.ts';
import { RawSession } from './raw-session.ts';
import { RawSocket, upgradeRequest } from './raw-socket.ts';
import { HonestClient, startServer } from './server.ts';

const JSON_TYPE = 'Content-Type: application/json';

/** What stands between a request's first lines and the request that is hidden behind it. */
const SHAPES: Readonly<Record<string, (hidden: string) => string>> = {
  'a length and chunks': (hidden) => `Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
  'chunks and a length': (hidden) =>
    `Transfer-Encoding: chunked\r\nContent-Length: ${hidden.length + 5}\r\n\r\n0\r\n\r\n${hidden}`,
  'two lengths': (hidden) => `Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  'the same length twice': (hidden) => `Content-Length: 2\r\nContent-Length: 2\r\n\r\n[]${hidden}`,
  'two lengths in one line': (hidden) => `Content-Length: 0, ${hidden.length}\r\n\r\n${hidden}`,
  'a length with a sign': (hidden) => `Content-Length: +2\r\n\r\n[]${hidden}`,
  'a negative length': (hidden) => `Content-Length: -1\r\n\r\n${hidden}`,
  'a length in hexadecimal': (hidden) => `Content-Length: 0x2\r\n\r\n[]${hidden}`,
  'a length with a space in it': (hidden) => `Content-Length: 2 0\r\n\r\n[]${hidden}`,
  'a space before a colon': (hidden) => `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`,
  'a coding that is none': (hidden) => `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`,
  'chunks that are not the last coding': (hidden) => `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`,
  'a folded line': (hidden) => `Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${hidden}`,
  'a folded line of a length': (hidden) => `Content-Length: 2\r\n 0\r\n\r\n[]${hidden}`,
  'a line that ends with LF': (hidden) => `X-A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
  'a line that ends with CR': (hidden) => `X-A: b\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
  'a chunk size that is none': (hidden) => `Transfer-Encoding: chunked\r\n\r\n-1\r\n${hidden}`,
  'a chunk size with 0x': (hidden) => `Transfer-Encoding: chunked\r\n\r\n0x2\r\n[]\r\n0\r\n\r\n${hidden}`,
  'a chunk longer than it says': (hidden) => `Transfer-Encoding: chunked\r\n\r\n1\r\n[]\r\n0\r\n\r\n${hidden}`,
  'a chunk size that ends with LF': (hidden) => `Transfer-Encoding: chunked\r\n\r\n2\n[]\r\n0\r\n\r\n${hidden}`,
  'a NUL in a header': (hidden) => `X-A: a\0b\r\nContent-Length: 2\r\n\r\n[]${hidden}`,
  'a name with a space': (hidden) => `X A: b\r\nContent-Length: 2\r\n\r\n[]${hidden}`,
};

for (const [what, shape] of Object.entries(SHAPES)) {
  it.each(['/poll', '/sse', '/send'])(
    `H6: ${what}, posted to %s, is refused and closed, and what hides behind never runs`,
    async (path) => {
      const { realtime, port } = await startServer();
      const honest = await HonestClient.join(port);
      const session = await RawSession.open(`http://127.0.0.1:${port}/realtime`, connectFrame({}));
      let published = 0;
      realtime.handle(honest.channel, 'hidden', () => void published++);
      const lines = [JSON_TYPE, `Rt-Session: ${session.secret}`, 'Rt-Sequence: 1'];
      const hidden = requestText({
        path: '/send',
        lines,
        body: JSON.stringify(['send', 1, honest.channel, 'hidden', 0]),
      });
      const first = `POST /realtime${path} HTTP/1.1\r\nHost: localhost\r\n${JSON_TYPE}\r\n`;
      const socket = await RawSocket.open(port);
      socket.write(first + shape(hidden));
      const { status } = await socket.answer();
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      await socket.ending();
      // It was not taken: the number is free, and is the next one.
      expect((await session.post(1, ['ping'])).status).toBe(204);
      expect(published).toBe(0);
      await honest.isUnaffected();
    },
  );
}

it('H6: the hidden request of these tests runs where nothing is wrong with the one before it', async () => {
  const { realtime, port } = await startServer();
  const session = await RawSession.open(`http://127.0.0.1:${port}/realtime`, connectFrame({}));
  const channel = randomName();
  const published = new Promise((resolve) => realtime.handle(channel, 'hidden', resolve));
  const lines = [JSON_TYPE, `Rt-Session: ${session.secret}`];
  const first = requestText({ path: '/send', lines: [...lines, 'Rt-Sequence: 1'], body: '["ping"]' });
  const body = JSON.stringify(['send', 1, channel, 'hidden', 0]);
  const socket = await RawSocket.open(port);
  socket.write(first + requestText({ path: '/send', lines: [...lines, 'Rt-Sequence: 2'], body }));
  await published;
});

describe('upgrades that are none', () => {
  it.each([
    ['without a key', (request: string) => request.replace(/Sec-WebSocket-Key.*\r\n/, '')],
    ['with a key that is none', (request: string) => request.replace(/(Sec-WebSocket-Key: ).*/, '$1short')],
    ['without a version', (request: string) => request.replace(/Sec-WebSocket-Version.*\r\n/, '')],
    ['with another version', (request: string) => request.replace('Version: 13', 'Version: 99')],
    ['by POST', (request: string) => request.replace('GET', 'POST')],
    ['with a body', (request: string) => request.replace('GET', 'POST').replace('\r\n', '\r\nContent-Length: 4\r\n')],
  ])('H6: an upgrade %s is refused', async (_what, change) => {
    const { port } = await startServer();
    const socket = await RawSocket.open(port);
    socket.write(change(upgradeRequest(port)));
    const { status } = await socket.answer();
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  it.each(['/poll', '/sse', '/send'])('H6: one of %s is answered as a request that asks for none', async (path) => {
    const { port } = await startServer();
    const socket = await RawSocket.open(port);
    const lines = ['Connection: Upgrade', 'Upgrade: websocket', 'Content-Type: text/plain'];
    socket.write(requestText({ path, lines, body: '["ping"]' }));
    expect((await socket.answer()).status).toBe(415);
  });
});
