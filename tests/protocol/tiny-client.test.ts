import { Realtime } from '@rt/core';
import { Inbox } from '@rt/core/conformance';
import { websocket } from '@rt/transport-ws';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface TinyClient {
  readonly ready: Promise<void>;
  send(channel: string, event: string, data: unknown): Promise<unknown>;
  close(): void;
}
type Connect = (
  url: string,
  channels: string[],
  onMessage: (channel: string, event: string, data: unknown) => void,
) => TinyClient;

const root = join(import.meta.dirname, '../..');
let folder: string;
let connect: Connect;

beforeAll(async () => {
  const page = await readFile(join(root, 'docs/protocol.md'), 'utf8');
  const code = /```js file=tiny-client\.js\n([\s\S]*?)```/.exec(page)?.[1];
  if (code === undefined) throw new Error('docs/protocol.md has no tiny-client.js');
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(60);
  // Inside the workspace, so that it finds `ws` and nothing of ours.
  folder = await mkdtemp(join(import.meta.dirname, 'tiny-client-'));
  const file = join(folder, 'tiny-client.mjs');
  await writeFile(file, code);
  ({ connect } = (await import(pathToFileURL(file).href)) as { connect: Connect });
});

afterAll(() => rm(folder, { recursive: true }));

describe('the client of docs/protocol.md', () => {
  it('subscribes, sends, receives, is refused, and comes back after a restart of the server', async () => {
    const start = async (port: number): Promise<Realtime> => {
      const realtime = new Realtime({
        transports: [websocket()],
        channels: { 'chat.*': { send: true } },
        logger: false,
      });
      listening = await realtime.listen({ port });
      return realtime;
    };
    let listening = { port: 0 };
    let realtime = await start(0);
    const got = new Inbox<[string, string, unknown]>();
    const url = `ws://127.0.0.1:${listening.port}/realtime/ws`;
    const connections: string[] = [];
    realtime.on('connected', ({ connection }) => connections.push(connection.id));
    const a = connect(url, ['chat.1'], () => undefined);
    await a.ready;
    const b = connect(url, ['chat.1'], (...message) => got.push(message));
    try {
      await b.ready;
      await a.send('chat.1', 'message.sent', { text: 'hi' });
      expect(await got.next('the message')).toEqual(['chat.1', 'message.sent', { text: 'hi' }]);
      await expect(a.send('news', 'message.sent', 1)).rejects.toThrow('FORBIDDEN');

      // Cut without a word: what is published meanwhile is not lost.
      const back = new Inbox<string>();
      realtime.on('subscribed', ({ channel }) => back.push(channel));
      const off = realtime.on('disconnected', () => {
        off();
        void realtime.broadcast('chat.1', 'meanwhile', 1);
      });
      await realtime.disconnect({ connection: connections[1]! }, { code: 4000 });
      expect(await got.next('what came while it was away')).toEqual(['chat.1', 'meanwhile', 1]);
      await back.next('the client to come back');

      await realtime.close({ drainMs: 0 });
      realtime = await start(listening.port);
      realtime.on('subscribed', ({ channel }) => back.push(channel));
      await back.take(2, 'both clients to come back');
      await realtime.broadcast('chat.1', 'after', 1);
      expect(await got.next('the message after the restart')).toEqual(['chat.1', 'after', 1]);
    } finally {
      a.close();
      b.close();
      await realtime.close({ drainMs: 0 });
    }
  });
});
