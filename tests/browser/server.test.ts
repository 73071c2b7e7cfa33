import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Quickstart } from './quickstart.ts';

const started: Quickstart[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((quickstart) => quickstart.stop('SIGKILL')));
});

async function start(): Promise<Quickstart> {
  const quickstart = await Quickstart.start();
  started.push(quickstart);
  return quickstart;
}

describe('the quickstart server', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('says that it stops and ends with 0 on %s', async (signal) => {
    const quickstart = await start();
    expect(await quickstart.stop(signal)).toEqual({ code: 0, signal: null });
    expect(quickstart.output).toContain('Stopping');
  });

  it('ends at once on a second signal', async () => {
    const quickstart = await start();
    // A client that stays keeps the first signal waiting for the drain.
    const client = new WebSocket(`${quickstart.url.replace('http', 'ws')}/realtime/ws`, 'rt.v1');
    await new Promise((resolve) => client.once('open', resolve));
    client.on('error', () => undefined);
    quickstart.signal('SIGINT');
    await quickstart.says(/Stopping/);
    expect(await quickstart.stop('SIGINT')).toEqual({ code: 1, signal: null });
    client.terminate();
  });

  it('says in one line what to do when the port is taken, and ends with 2', async () => {
    const { port } = await start();
    const second = Quickstart.run('--port', String(port));
    expect(await second.exited).toEqual({ code: 2, signal: null });
    expect(second.output).toBe(
      `Port ${port} is taken: stop what runs there, or take another one: npm start -- --port ${port + 1}\n`,
    );
  });

  it.each([[['--port', 'many']], [['--prot', '1']], [['now']]])(
    'says in one line what is wrong with %j, and ends with 2',
    async (args) => {
      const quickstart = Quickstart.run(...args);
      expect(await quickstart.exited).toEqual({ code: 2, signal: null });
      expect(quickstart.output).toMatch(/^[^\n]+Usage: npm start -- \[--port 6001\] \[--host 127\.0\.0\.1\]\n$/);
    },
  );

  it('serves the page with a strict content policy, and nothing outside its folder', async () => {
    const { url } = await start();
    const page = await fetch(`${url}/`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    for (const path of ['/..%2fserver.ts', '/%2e%2e/server.ts', '/server.ts', '/public/index.html', '/none.js']) {
      expect((await fetch(`${url}${path}`)).status).toBe(404);
    }
    expect((await fetch(`${url}/`, { method: 'POST' })).status).toBe(405);
  });
});
