import { RealtimeClient } from '@rt/client';
import type { RealtimeError } from '@rt/client';
import type { ClientConnection } from '@rt/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawClient } from './raw-client.ts';
import { HonestClient, startServer } from './server.ts';

const UNLIMITED = { messageBurst: 1_000_000, messagesPerMinute: 60_000_000 };
const FLOOD = 5_000;

describe('handlers and methods that misbehave harm nobody else', () => {
  it('a flood of calls to a method that hangs: each is answered, and only its caller waits', async () => {
    const { realtime, port } = await startServer({ limits: { ...UNLIMITED, handlerTimeoutMs: 1_000 } });
    const honest = await HonestClient.join(port);
    let [running, most] = [0, 0];
    realtime.method('hang', async ({ signal }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      running--;
    });
    realtime.method('quick', () => 'quick');
    const eve = await RawClient.open(port);
    for (let n = 1; n <= FLOOD; n++) eve.send(['call', n, 'hang', null]);
    const ann = await RawClient.open(port);
    ann.send(['call', 1, 'quick', null]);
    expect(await ann.next('ok')).toEqual(['ok', 1, 'quick']);
    await honest.isUnaffected();
    const codes = new Map<unknown, number>();
    for (let n = 0; n < FLOOD; n++) {
      const [, , code] = await eve.next('err');
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    // The first 100 ran, up to 200 waited; what waited as long as it might have run is refused as well.
    expect((codes.get('DEADLINE') ?? 0) + (codes.get('OVERLOADED') ?? 0)).toBe(FLOOD);
    expect(codes.get('DEADLINE')).toBeGreaterThanOrEqual(100);
    expect([most, realtime.stats().invocations.handlers]).toEqual([100, { running: 0, queued: 0 }]);
    await honest.isUnaffected();
  });

  it('calls that are started and taken back, over and over, run no more of them at once', async () => {
    const { realtime, port } = await startServer({ limits: UNLIMITED });
    const honest = await HonestClient.join(port);
    let running = 0;
    // It does not listen to its signal.
    realtime.method('deaf', () => {
      running++;
      return new Promise(() => undefined);
    });
    const eve = await RawClient.open(port);
    for (let n = 1; n <= 1_000; n++) {
      eve.send(['call', n, 'deaf', null]);
      eve.send(['cancel', n]);
    }
    const codes = new Set<unknown>();
    for (let n = 1; n <= 1_000; n++) codes.add((await eve.next('err'))[2]);
    expect([codes, running]).toEqual([new Set(['CANCELLED']), 100]);
    await honest.isUnaffected();
  });

  it('handlers that throw at once, throw later and reject with nothing', async () => {
    const { realtime, port } = await startServer({ limits: UNLIMITED });
    const honest = await HonestClient.join(port);
    const secret = 'postgres://root:secret@db';
    const throwing = [
      () => {
        throw new Error(secret);
      },
      async () => {
        await new Promise((resolve) => setImmediate(resolve));
        throw Object.assign(new Error(secret), { code: 'FORBIDDEN' });
      },
      // oxlint-disable-next-line prefer-promise-reject-errors -- code of an application may do anything
      () => Promise.reject(undefined),
    ];
    for (const [index, handler] of throwing.entries()) {
      realtime.method(`m${index}`, handler);
      realtime.handle(`chat.${index}`, 'said', handler);
    }
    const eve = await RawClient.open(port);
    for (const index of throwing.keys()) {
      eve.send(['call', 2 * index + 1, `m${index}`, null]);
      eve.send(['send', 2 * index + 2, `chat.${index}`, 'said', null]);
    }
    for (let answer = 0; answer < 2 * throwing.length; answer++) {
      const frame = await eve.next('err');
      expect(frame[2]).toBe('HANDLER_FAILED');
      expect(JSON.stringify(frame)).not.toContain('secret');
    }
    await honest.isUnaffected();
  });
});

describe('the server’s own questions', () => {
  it('are answered once, by whom they were put to, whatever others say', async () => {
    const { realtime, port } = await startServer({ limits: UNLIMITED });
    const connections: ClientConnection[] = [];
    realtime.on('connected', ({ connection }) => connections.push(connection));
    const [ann, eve] = [await RawClient.open(port), await RawClient.open(port)];
    const answers = Array.from({ length: 10 }, () => connections[0]!.request('confirm'));
    for (let n = 0; n <= 20; n++) {
      eve.send(['ok', n, 'eve']);
      eve.send(['err', n, 'FORBIDDEN', 'eve']);
    }
    const asked: unknown[] = [];
    for (let n = 0; n < answers.length; n++) asked.push((await ann.next('call'))[1]);
    for (const n of asked) {
      ann.send(['ok', n, `ann ${String(n)}`]);
      ann.send(['ok', n, 'twice']);
      ann.send(['err', n, 'FORBIDDEN', 'thrice']);
    }
    expect(await Promise.all(answers)).toEqual(asked.map((n) => `ann ${String(n)}`));
  });
});

it('a whole client: a page that is left aborts what it had called', async () => {
  const { realtime, url } = await startServer();
  const aborted = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  realtime.method('report', ({ signal }) => {
    signal.addEventListener('abort', () => aborted.resolve());
    begun.resolve();
    return aborted.promise;
  });
  const client = new RealtimeClient(url);
  onTestFinished(() => client.close());
  const outcome = client.call('report').catch((error: RealtimeError) => error.code);
  await begun.promise;
  client.close();
  expect(await outcome).toBe('OUTCOME_UNKNOWN');
  await aborted.promise;
});
