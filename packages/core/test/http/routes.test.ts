import { Realtime } from '@rt/core';
import type { RealtimeOptions } from '@rt/core';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TestWire } from '../test-wire.ts';

const apiKey = 'a-key-that-is-long-enough';
const json = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };

async function listen(options: RealtimeOptions = {}): Promise<{ realtime: Realtime; wire: TestWire; base: string }> {
  const wire = new TestWire();
  const realtime = new Realtime({ transports: [wire], logger: false, apiKey, ...options });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  const { port } = await realtime.listen({ port: 0 });
  return { realtime, wire, base: `http://127.0.0.1:${port}${options.basePath ?? '/realtime'}` };
}

describe('GET /live and /ready', () => {
  it('say 200 while the server takes clients, below any base path', async () => {
    const { base } = await listen({ basePath: '/a/b' });
    expect(await (await fetch(`${base}/live`)).json()).toEqual({ status: 'live' });
    expect((await fetch(`${base}/ready?x=1`)).status).toBe(200);
    expect((await fetch(`${base}/nothing`)).status).toBe(404);
    expect((await fetch(`${base}x/live`)).status).toBe(404);
  });

  it('say that it is not ready while it drains', async () => {
    const { realtime, wire, base } = await listen();
    const client = wire.connect();
    await client.open();
    const closing = realtime.close({ drainMs: 60_000 });
    const response = await fetch(`${base}/ready`);
    expect([response.status, await response.json()]).toEqual([503, { status: 'not ready', reason: 'closing' }]);
    expect((await fetch(`${base}/live`)).status).toBe(200);
    client.abort();
    await closing;
  });

  it('refuse other methods, and say which there are', async () => {
    const { base } = await listen();
    const response = await fetch(`${base}/live`, { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('POST /api/v1/broadcast', () => {
  it('publishes, and answers with the id', async () => {
    const { wire, base } = await listen();
    const [client, spared] = [wire.connect(), wire.connect()];
    await client.open(['news']);
    await spared.open(['news']);
    const body = JSON.stringify({
      channel: 'news',
      event: 'created',
      data: { a: 1 },
      except: { instance: spared.instance },
    });
    const response = await fetch(`${base}/api/v1/broadcast`, { method: 'POST', headers: json, body });
    const { id, cursor } = (await response.json()) as { id: string; cursor: string };
    expect(response.status).toBe(200);
    expect(await client.next()).toEqual(['m', 'news', 'created', cursor, { a: 1 }, [id, expect.any(Number)]]);
    expect(spared.waiting).toBe(0);
  });

  it.each<[number, string, string, Record<string, string>]>([
    [401, 'UNAUTHENTICATED', '{}', { ...json, authorization: 'Bearer wrong' }],
    [401, 'UNAUTHENTICATED', '{}', { 'content-type': 'application/json' }],
    [415, 'UNSUPPORTED_MEDIA_TYPE', 'channel=news', { ...json, 'content-type': 'application/x-www-form-urlencoded' }],
    [400, 'BAD_FRAME', '{', json],
    [400, 'BAD_FRAME', '[]', json],
    [400, 'BAD_FRAME', '{"channel":"news"}', json],
    [400, 'BAD_FRAME', '{"channel":"news","event":"x","extra":1}', json],
    [400, 'BAD_NAME', '{"channel":"$nodes","event":"x"}', json],
    [422, 'INVALID_DATA', '{"channel":"news","event":"x","data":[1e400]}', json],
    [413, 'TOO_LARGE', `{"channel":"news","event":"x","data":"${'x'.repeat(262_144)}"}`, json],
    [413, 'TOO_LARGE', `{"channel":"news","event":"x","data":"${'x'.repeat(400_000)}"}`, json],
  ])('answers %i %s', async (status, code, body, headers) => {
    const { base } = await listen();
    const response = await fetch(`${base}/api/v1/broadcast`, { method: 'POST', headers, body });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code, message: expect.any(String), retryable: false } });
  });

  it('is not there without a key', async () => {
    const wire = new TestWire();
    const realtime = new Realtime({ transports: [wire], logger: false });
    onTestFinished(() => realtime.close({ drainMs: 0 }));
    const { port } = await realtime.listen({ port: 0 });
    expect(
      (await fetch(`http://127.0.0.1:${port}/realtime/api/v1/broadcast`, { method: 'POST', headers: json, body: '{}' }))
        .status,
    ).toBe(404);
  });
});

describe('GET /client.js', () => {
  it('serves the script-tag build of the client, and 304 when it is known', async () => {
    const { base } = await listen();
    const response = await fetch(`${base}/client.js`);
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(await response.text()).toContain('RealtimeClient');
    const again = await fetch(`${base}/client.js`, { headers: { 'if-none-match': response.headers.get('etag')! } });
    expect(again.status).toBe(304);
  });

  it('serves what that loads by itself, to pages of any origin, beside it', async () => {
    const { base } = await listen();
    const script = await (await fetch(`${base}/client.js`)).text();
    const names = Array.from(script.matchAll(/import\("\.\/([\w-]+\.js)"\)/g), ([, name]) => name!);
    expect(names.sort()).toEqual(['client-features.js', 'client-http.js']);
    for (const name of names) {
      const response = await fetch(`${base}/${name}`);
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
      expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
      expect(await response.text()).toContain('export{');
    }
  });
});

describe('listen', () => {
  it('rejects with the system’s error on a taken port', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const realtime = new Realtime({ logger: false });
    onTestFinished(() => realtime.close());
    await expect(realtime.listen({ port: (taken.address() as AddressInfo).port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
