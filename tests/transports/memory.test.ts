import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RealtimeClient } from '@rt/client';
import type { Subscription } from '@rt/client';
import { memoryTransport, Realtime } from '@rt/core';
import type { MemorySocket } from '@rt/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../servers/until.ts';
import { pageFiles } from './page-files.ts';

const run = promisify(execFile);
const FROM_SOURCE = ['--conditions=@rt/source', '--experimental-strip-types', '--disable-warning=ExperimentalWarning'];

function present({ presence }: Subscription): string {
  const ids = presence.members.map(({ id }) => id);
  return ids.sort().join();
}

describe('the client over the memory transport', () => {
  it('sends with answers, sees who is there, reads what was said, and leaves', async () => {
    const memory = memoryTransport();
    const realtime = new Realtime({
      transports: [memory],
      authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
      channels: { '*': { send: true } },
      logger: false,
    });
    realtime.authorize('presence-*', ({ user }) => ({ name: user?.id ?? '' }));
    onTestFinished(() => realtime.close({ drainMs: 0 }));
    await realtime.start();
    const [ann, ben] = ['ann', 'ben'].map(
      (token) => new RealtimeClient('memory:', { webSocket: memory.webSocket, token }),
    ) as [RealtimeClient, RealtimeClient];
    const rooms = [ann, ben].map((client) => client.subscribe('presence-room'));
    await Promise.all(rooms.map(({ subscribed }) => subscribed));
    const heard: unknown[] = [];
    rooms[1]!.on('said', (data) => heard.push(data));
    const { cursor } = await rooms[0]!.send('said', { text: 'a\nb\u2028' });
    await until('ben hears it', async () => heard.length === 1);
    expect(heard).toEqual([{ text: 'a\nb\u2028' }]);
    const { messages } = await rooms[1]!.history({ limit: 1 });
    expect(messages[0]).toMatchObject({ cursor, user: { id: 'ann' } });
    await until('both are there', async () => present(rooms[0]!) === 'ann,ben');
    ben.close();
    await until('ben went', async () => present(rooms[0]!) === 'ann');
    ann.close();
    await until('nobody is left', async () => (await realtime.channel('presence-room').subscriberCount()) === 0);
  });

  it('goes on where it was when its wire breaks, and tells nothing twice', async () => {
    const memory = memoryTransport();
    const realtime = new Realtime({ transports: [memory], logger: false });
    onTestFinished(() => realtime.close({ drainMs: 0 }));
    await realtime.start();
    const sockets: MemorySocket[] = [];
    class Watched extends memory.webSocket {
      constructor(url: string | URL) {
        super(url);
        sockets.push(this);
      }
    }
    const client = new RealtimeClient('memory:', { webSocket: Watched, backoff: { baseMs: 1, maxMs: 1 } });
    onTestFinished(() => client.close());
    const heard: unknown[] = [];
    const news = client.subscribe('news');
    news.on('n', (data) => heard.push(data));
    await news.subscribed;
    for (let n = 0; n < 100; n++) {
      await realtime.broadcast('news', 'n', n);
      if (n % 10 === 5) sockets.at(-1)!.terminate();
    }
    await until('the last one', async () => heard.includes(99));
    expect(heard).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(sockets.length).toBeGreaterThan(1);
  });
});

describe('docs/transports/memory.md', () => {
  it('has a job that counts what a browser says', async () => {
    const folder = await pageFiles('transports/memory.md');
    const { stdout, stderr } = await run(process.execPath, [...FROM_SOURCE, join(folder, 'job.ts')]);
    expect(stderr).toBe('');
    expect(stdout).toBe('3 words\n');
  });

  it('has a test that passes', async () => {
    const folder = await pageFiles('transports/memory.md');
    const { stdout } = await run(process.execPath, [...FROM_SOURCE, '--test', join(folder, 'chat.test.ts')], {
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    });
    expect(stdout).toMatch(/pass 1\n[\s\S]*fail 0/);
  });
});
