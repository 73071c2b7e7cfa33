import { expect, it } from 'vitest';
import { connectFrame, RawSession } from '../../../tests/hardening/raw-session.ts';
import type { Answer } from '../../../tests/hardening/raw-session.ts';
import { startProxy } from '../../../tests/servers/tcp-proxy.ts';
import { startServer } from './start-server.ts';

const MESSAGES = 300;

/** Asks until an answer comes: what was cut is asked again under the same number. */
async function insist(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await ask();
    } catch {
      // Cut on its way there, or on its way back.
    }
  }
}

it(`H1: ${MESSAGES} of ${MESSAGES} messages each way, none twice and in order, while one answer in ten is cut`, async () => {
  const { realtime, url } = await startServer({ limits: { messageBurst: 10_000 } });
  const { hostname, port } = new URL(url);
  await using proxy = await startProxy({ host: hostname, port: Number(port) });
  const heard: unknown[] = [];
  realtime.handle('inbound', 'said', (message) => void heard.push(message.data));
  const direct = await RawSession.open(url, connectFrame(null, 'outbound'));
  const session = direct.by(proxy.url(url));

  let [answers, cut] = [0, 0];
  proxy.tamper('downstream', (chunk) => {
    if (!chunk.toString('latin1').startsWith('HTTP/1.1 20') || ++answers % 10 !== 0) return chunk;
    cut++;
    proxy.cut();
    return undefined;
  });

  const got: unknown[] = [];
  const follow = async (): Promise<void> => {
    let answer = direct.opened;
    for (let sequence = 1; got.length < MESSAGES;) {
      got.push(...answer.frames.filter(([type]) => type === 'm').map((frame) => frame[4]));
      if (got.length >= MESSAGES) return;
      answer = await insist(() => session.poll(sequence));
      expect(answer.status).toBeLessThan(300);
      sequence = Number(answer.headers.get('rt-sequence') ?? sequence);
    }
  };
  const following = follow();
  for (let n = 1; n <= MESSAGES; n++) {
    expect((await insist(() => session.post(n, ['send', 0, 'inbound', 'said', n]))).status).toBe(204);
    await realtime.broadcast('outbound', 'tick', n);
  }
  await following;
  const all = Array.from({ length: MESSAGES }, (_, index) => index + 1);
  expect(got).toEqual(all);
  expect(heard).toEqual(all);
  expect(cut).toBeGreaterThan(20);
});
