import { Realtime } from '@rt/core';
import type { ClientConnection, RealtimeOptions } from '@rt/core';
import { once } from 'node:events';
import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRealtime } from '../start-realtime.ts';
import { HttpWire } from './http-wire.ts';

/** A server whose clients come by HTTP, each request one connection. */
async function listen(options: RealtimeOptions, host?: string) {
  const wire = new HttpWire();
  const realtime = new Realtime({ transports: [wire], logger: false, ...options });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  const { port } = await realtime.listen({ port: 0, ...(host === undefined ? {} : { host }) });
  const ask = async (headers: Record<string, string> = {}, localAddress = '127.0.0.1') => {
    const sent: ClientRequest = request({ host: '127.0.0.1', port, path: '/realtime/lines', headers, localAddress });
    onTestFinished(() => void sent.destroy());
    // A connection that a test ends on purpose.
    sent.on('error', () => undefined);
    const [answer] = (await once(sent.end(), 'response')) as [IncomingMessage];
    return { status: answer.statusCode, answer, end: () => sent.destroy() };
  };
  return { wire, realtime, ask };
}

describe('the address of a client', () => {
  it('is the socket’s, whatever the client says of itself', async () => {
    const { wire, ask } = await listen({});
    await ask(
      { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7', 'x-real-ip': '203.0.113.7' },
      '127.0.0.2',
    );
    expect(wire.requests[0]?.address).toBe('127.0.0.2');
  });

  it('is written as IPv4 also where the server listens on IPv6', async () => {
    const { wire, ask } = await listen({}, '::');
    await ask();
    expect(wire.requests[0]?.address).toBe('127.0.0.1');
  });

  it('is what a trusted proxy says, and nobody else', async () => {
    const { wire, ask } = await listen({ trustProxy: ['127.0.0.1', '192.0.2.0/24'] });
    await ask({ 'x-forwarded-for': '10.0.0.1, 203.0.113.7:5000, 192.0.2.9' });
    await ask({ 'x-forwarded-for': '203.0.113.7' }, '127.0.0.2');
    expect(wire.requests.map(({ address }) => address)).toEqual(['203.0.113.7', '127.0.0.2']);
  });

  it('is on the connection from beginning to end', async () => {
    const { realtime, wire } = await startRealtime();
    const seen: ClientConnection[] = [];
    realtime.on('connected', ({ connection }) => seen.push(connection));
    const ended = new Promise<string>((resolve) =>
      realtime.on('disconnected', ({ connection }) => resolve(connection.address)),
    );
    const client = wire.connect({ address: '203.0.113.7' });
    await client.open();
    expect(seen[0]?.address).toBe('203.0.113.7');
    client.abort();
    expect(await ended).toBe('203.0.113.7');
  });
});

describe('limits.connectionsPerAddress', () => {
  it('answers 429 to an HTTP client over the limit, whoever it says to be, and lets others in', async () => {
    const { ask } = await listen({ limits: { connectionsPerAddress: 2 } });
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    const { status, answer } = await ask({ 'x-forwarded-for': '203.0.113.7' });
    const [body] = (await once(answer.setEncoding('utf8'), 'data')) as [string];
    expect([status, JSON.parse(body)]).toEqual([
      429,
      {
        error: {
          code: 'TOO_MANY_CONNECTIONS',
          message: 'this address has as many connections as it may have',
          retryable: true,
        },
      },
    ]);
    expect((await ask({}, '127.0.0.2')).status).toBe(200);
  });

  it('counts the clients of a trusted proxy one by one', async () => {
    const { ask } = await listen({ trustProxy: 1, limits: { connectionsPerAddress: 1 } });
    const statuses: (number | undefined)[] = [];
    for (const address of ['203.0.113.7', '203.0.113.8', '1.1.1.1, 203.0.113.7', '2001:db8::1', '2001:db8::2']) {
      statuses.push((await ask({ 'x-forwarded-for': address })).status);
    }
    expect(statuses).toEqual([200, 200, 429, 200, 429]);
  });

  it('lets the next one in as soon as one has gone, which had not said connect', async () => {
    const { realtime, wire } = await startRealtime({ limits: { connectionsPerAddress: 1 } });
    const first = wire.connect();
    expect(() => wire.connect()).toThrow(expect.objectContaining({ code: 'TOO_MANY_CONNECTIONS' }));
    first.abort();
    const second = wire.connect();
    await second.open();
    const ended = new Promise((resolve) => realtime.on('disconnected', resolve));
    second.leave();
    await ended;
    await wire.connect().open();
  });

  it('is off by default', async () => {
    const { wire } = await startRealtime();
    for (let index = 0; index < 1_000; index++) wire.connect();
    await wire.connect().open();
  });
});
