import type { RealtimeOptions } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { HonestClient, startServer } from './server.ts';
import { RawSocket } from './raw-socket.ts';

async function statusFor(port: number, lines: readonly string[], host?: string): Promise<number> {
  const socket = await RawSocket.open(port);
  const { status } = await socket.upgrade(port, host === undefined ? { extra: lines } : { extra: lines, host });
  return status;
}

const APP = 'https://app.example.com';
const FOREIGN = {
  'the opaque origin null': 'null',
  'an empty origin': '',
  'a subdomain': 'https://evil.app.example.com',
  'the parent domain': 'https://example.com',
  'a longer host that begins alike': 'https://app.example.com.evil.test',
  'a longer host that ends alike': 'https://evilapp.example.com',
  'another port': 'https://app.example.com:8443',
  'the default port spelled out': 'https://app.example.com:443',
  'another scheme': 'http://app.example.com',
  'a scheme of no web page': 'chrome-extension://app.example.com',
  'upper case': 'https://APP.example.com',
  'user info': 'https://app.example.com@evil.test',
  'user info before the right host': 'https://user@app.example.com',
  'a look-alike of another script': 'https://xn--pp-6kc.example.com',
  'an undecoded international name': 'https://äpp.example.com',
  'a trailing slash': 'https://app.example.com/',
  'a path': 'https://app.example.com/page',
  'a trailing dot': 'https://app.example.com.',
  'two in one line': 'https://app.example.com https://evil.test',
  'two in one line, with a comma': 'https://app.example.com, https://evil.test',
  'a wildcard': '*',
  'a prototype name': '__proto__',
};

describe('with an allow-list', () => {
  for (const [what, origin] of Object.entries(FOREIGN)) {
    it(`W5: ${what} is refused with 403 before the upgrade`, async () => {
      const { port } = await startServer({ allowedOrigins: [APP] });
      const honest = await HonestClient.join(port);
      expect(await statusFor(port, [`Origin: ${Buffer.from(origin).toString('latin1')}`])).toBe(403);
      await honest.isUnaffected();
    });
  }

  for (const [what, origin] of Object.entries(FOREIGN)) {
    it(`W5: ${what} is refused with 403 by every request over HTTP, and may not read the answer`, async () => {
      const { port } = await startServer({ allowedOrigins: [APP] });
      for (const request of [
        'GET /realtime/sse?channel=news',
        'POST /realtime/sse',
        'POST /realtime/poll',
        'POST /realtime/send',
        'DELETE /realtime/send',
        'OPTIONS /realtime/sse',
        'OPTIONS /realtime/send',
      ]) {
        const socket = await RawSocket.open(port);
        const host = 'Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 0';
        socket.write(Buffer.from(`${request} HTTP/1.1\r\n${host}\r\nOrigin: `));
        socket.write(Buffer.from(`${Buffer.from(origin).toString('latin1')}\r\n\r\n`, 'latin1'));
        const { status, head } = await socket.answer();
        expect([request, status]).toEqual([request, 403]);
        expect(head).not.toMatch(/access-control/i);
      }
    });
  }

  it('W5: the listed origin passes', async () => {
    const { port } = await startServer({ allowedOrigins: [APP] });
    expect(await statusFor(port, [`Origin: ${APP}`])).toBe(101);
  });

  it('W5: a request without an Origin is no page and passes', async () => {
    const { port } = await startServer({ allowedOrigins: [APP] });
    expect(await statusFor(port, [])).toBe(101);
  });

  it("W5: the server's own origin and localhost are refused where they are not listed", async () => {
    const { port } = await startServer({ allowedOrigins: [APP] });
    expect(await statusFor(port, [`Origin: http://127.0.0.1:${port}`])).toBe(403);
    expect(await statusFor(port, ['Origin: http://localhost'])).toBe(403);
  });

  for (const [first, second] of [
    [APP, 'https://evil.test'],
    ['https://evil.test', APP],
    [APP, APP],
  ] as const) {
    it(`W5: two Origin headers (${first}, ${second}) are refused`, async () => {
      const { port } = await startServer({ allowedOrigins: [APP] });
      expect(await statusFor(port, [`Origin: ${first}`, `Origin: ${second}`])).toBeGreaterThanOrEqual(400);
    });
  }
});

describe('with the default rules', () => {
  const HOST = 'app.example.com';
  for (const [what, origin] of Object.entries(FOREIGN)) {
    // TLS may end before the server, so of these two the first is the server's own, and the second has its own host.
    if (origin === 'http://app.example.com') continue;
    it(`W5: ${what} is refused with 403 before the upgrade, for the host ${HOST}`, async () => {
      const { port } = await startServer();
      const honest = await HonestClient.join(port);
      expect(await statusFor(port, [`Origin: ${Buffer.from(origin).toString('latin1')}`], HOST)).toBe(403);
      await honest.isUnaffected();
    });
  }

  it('W5: the same origin passes, whether or not TLS ended before the server', async () => {
    const { port } = await startServer();
    expect(await statusFor(port, [`Origin: https://${HOST}`], HOST)).toBe(101);
    expect(await statusFor(port, [`Origin: http://${HOST}`], HOST)).toBe(101);
    expect(await statusFor(port, [`Origin: http://${HOST}:${port}`], `${HOST}:${port}`)).toBe(101);
  });

  it('W5: localhost passes on any port outside production', async () => {
    const { port } = await startServer();
    expect(await statusFor(port, ['Origin: http://localhost:1'], HOST)).toBe(101);
    expect(await statusFor(port, ['Origin: https://127.0.0.1:65535'], HOST)).toBe(101);
  });

  for (const origin of [
    'http://localhost.evil.test',
    'http://localhost:1@evil.test',
    'http://127.0.0.1.evil.test',
    'http://localhost:',
    'http://LOCALHOST:1',
    'http://[::1]:1',
    'http://localhost:1/',
  ]) {
    it(`W5: ${origin} is not localhost`, async () => {
      const { port } = await startServer();
      expect(await statusFor(port, [`Origin: ${origin}`], HOST)).toBe(403);
    });
  }

  it('W5: localhost is refused in production', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      const { port } = await startServer();
      expect(await statusFor(port, ['Origin: http://localhost:1'], HOST)).toBe(403);
      expect(await statusFor(port, ['Origin: http://127.0.0.1'], HOST)).toBe(403);
      expect(await statusFor(port, [`Origin: http://${HOST}`], HOST)).toBe(101);
    } finally {
      if (before === undefined) delete process.env['NODE_ENV'];
      else process.env['NODE_ENV'] = before;
    }
  });

  it('W5: two Origin headers are refused', async () => {
    const { port } = await startServer();
    expect(
      await statusFor(port, [`Origin: https://${HOST}`, 'Origin: https://evil.test'], HOST),
    ).toBeGreaterThanOrEqual(400);
  });
});

describe('behind a proxy', () => {
  const INNER = '10.0.0.5:6001';
  const forwarded = (proto: string | undefined, host = 'app.example.com'): string[] => [
    `X-Forwarded-Host: ${host}`,
    ...(proto === undefined ? [] : [`X-Forwarded-Proto: ${proto}`]),
  ];

  it.each([
    [101, 'the origin that the proxy tells', APP, forwarded('https')],
    [101, 'the origin that the proxy tells, with a port', `${APP}:8443`, forwarded('https', 'app.example.com:8443')],
    [101, 'the origin where the proxy names the scheme of the socket', APP, forwarded('wss')],
    [101, 'what the nearest proxy tells', APP, forwarded('http, https', 'evil.test, app.example.com')],
    [101, 'either scheme where no proxy tells it', 'http://app.example.com', forwarded(undefined)],
    [101, 'the Host where no proxy tells another', `http://${INNER}`, []],
    [403, 'a page without TLS where there is TLS', 'http://app.example.com', forwarded('https')],
    [403, 'a page with TLS where there is none', APP, forwarded('http')],
    [403, 'what only the first proxy tells', 'https://evil.test', forwarded('https', 'evil.test, app.example.com')],
    [403, 'the Host where the proxy tells another', `http://${INNER}`, forwarded('http')],
    [403, 'a scheme that is none', APP, forwarded('javascript')],
    [403, 'another port', APP, forwarded('https', 'app.example.com:8443')],
    [403, 'a host that is none', APP, forwarded('https', 'app.example.com:x')],
  ])('W5: answers %i to %s', async (status, _what, origin, lines) => {
    const { port } = await startServer({ trustProxy: ['loopback'] });
    expect(await statusFor(port, [`Origin: ${origin}`, ...lines], INNER)).toBe(status);
  });

  it.each<[string, RealtimeOptions['trustProxy']]>([
    ['no proxy is trusted', false],
    ['this one is not in the list', ['10.0.0.0/8', '::1']],
  ])('W5: what it tells counts for nothing where %s', async (_what, trustProxy) => {
    const { port } = await startServer({ trustProxy: trustProxy! });
    expect(await statusFor(port, [`Origin: ${APP}`, ...forwarded('https')], INNER)).toBe(403);
    expect(await statusFor(port, [`Origin: https://${INNER}`, ...forwarded('http')], INNER)).toBe(101);
  });

  it('W5: what it tells counts for nothing where there is an allow-list', async () => {
    const { port } = await startServer({ trustProxy: 1, allowedOrigins: [APP] });
    expect(await statusFor(port, ['Origin: https://evil.test', ...forwarded('https', 'evil.test')], INNER)).toBe(403);
    expect(await statusFor(port, [`Origin: ${APP}`, ...forwarded('http', 'evil.test')], INNER)).toBe(101);
  });
});
