import { Realtime } from '@rt/core';
import { expect, it, onTestFinished } from 'vitest';
import { settle } from '../presence/room.ts';
import { TestWire } from '../test-wire.ts';

const apiKey = 'a-key-that-is-long-enough';

it('GET /stats shows what runs and waits while it does, to those who have the key', async () => {
  const wire = new TestWire();
  const limits = { maxInvocations: 2, maxQueuedInvocations: 1 };
  const realtime = new Realtime({ transports: [wire], logger: false, apiKey, limits });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  const { port } = await realtime.listen({ port: 0 });
  const stats = async (headers: Record<string, string> = {}): Promise<[number, unknown]> => {
    const response = await fetch(`http://127.0.0.1:${port}/realtime/stats`, { headers });
    return [response.status, await response.json()];
  };
  const held: (() => void)[] = [];
  realtime.method('wait', () => new Promise<void>((resolve) => held.push(resolve)));
  realtime.authorize('private-*', () => new Promise(() => undefined));
  const [ann, ben] = [wire.connect(), wire.connect()];
  const id = await ann.open(['news']);
  await ben.open(['news', 'sports']);
  await realtime.broadcast('news', 'created', 1);
  for (let n = 1; n <= 4; n++) ann.send(['call', n, 'wait', null]);
  ben.send(['sub', 1, 'private-x']);
  await settle();
  const expected = {
    node: id.slice(0, id.indexOf('.')),
    state: 'started',
    connections: 2,
    channels: 2,
    messages: { published: 1, queuedBytes: 0 },
    invocations: {
      begun: 5,
      refused: 1,
      handlers: { running: 2, queued: 1 },
      authorizers: { running: 1, queued: 0 },
    },
    broker: { name: 'memory', state: 'up' },
  };
  expect(await stats({ authorization: `Bearer ${apiKey}` })).toEqual([200, expected]);
  expect(realtime.stats()).toEqual(expected);
  for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: apiKey }]) {
    expect(await stats(headers)).toMatchObject([401, { error: { code: 'UNAUTHENTICATED' } }]);
  }
  held[0]!();
  held[1]!();
  await settle();
  expect(realtime.stats().invocations.handlers).toEqual({ running: 1, queued: 0 });
});

it('GET /stats is not there without a key', async () => {
  const realtime = new Realtime({ transports: [new TestWire()], logger: false });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  const { port } = await realtime.listen({ port: 0 });
  expect((await fetch(`http://127.0.0.1:${port}/realtime/stats`)).status).toBe(404);
});
