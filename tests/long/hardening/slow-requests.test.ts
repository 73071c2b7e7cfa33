import { expect, it, onTestFinished } from 'vitest';
import { requestText } from '../../hardening/http-request.ts';
import { RawSocket } from '../../hardening/raw-socket.ts';
import { HonestClient, startServer } from '../../hardening/server.ts';

const LINES = ['Content-Type: application/json', `X-Long: ${'x'.repeat(5_000)}`];
const REQUEST = requestText({ path: '/poll', lines: LINES, body: JSON.stringify(['x'.repeat(5_000)]) });
const HEAD_END = REQUEST.indexOf('\r\n\r\n') + 4;

it.each([
  ['head', 0],
  ['body', HEAD_END],
])(
  'H5: a %s that comes byte by byte is cut within 15 s',
  async (_what, at) => {
    const { port } = await startServer();
    const honest = await HonestClient.join(port);
    const socket = await RawSocket.open(port);
    const startedAt = performance.now();
    socket.write(REQUEST.slice(0, at));
    let sent = at;
    const timer = setInterval(() => socket.write(REQUEST[sent++] ?? ''), 20);
    onTestFinished(() => clearInterval(timer));
    expect((await socket.answer(30_000)).status).toBe(408);
    await socket.ending();
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(10_000);
    expect(tookMs).toBeLessThan(15_500);
    await honest.isUnaffected();
  },
  60_000,
);
