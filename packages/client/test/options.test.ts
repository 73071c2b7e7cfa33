import { RealtimeClient } from '@rt/client';
import { expect, it } from 'vitest';
import { WebSocket as WsWebSocket } from 'ws';
import { readOptions } from '../src/options.ts';

it('has the documented defaults, also where an option is undefined', () => {
  const given = JSON.parse('{}') as object;
  expect(readOptions({ ...given, backoff: {} })).toMatchObject({
    connectTimeoutMs: 10_000,
    timeoutMs: 10_000,
    queueLimit: 1_000,
    baseMs: 1_000,
    maxMs: 30_000,
    graceMs: 8_000,
    probeMs: 3_000,
  });
});

it.each([{ timeoutMs: -1 }, { connectTimeoutMs: Infinity }, { queueLimit: NaN }, { backoff: { maxMs: 2 ** 31 } }])(
  'refuses %o',
  (options) => {
    expect(() => new RealtimeClient('http://localhost', options)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  },
);

it('takes the WebSocket classes of the platform and of ws', () => {
  expect(new RealtimeClient('http://localhost', { webSocket: WebSocket }).state).toBe('idle');
  expect(new RealtimeClient('http://localhost', { webSocket: WsWebSocket }).state).toBe('idle');
});
