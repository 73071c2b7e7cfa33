import type { RealtimeClient } from '@rt/client';
import { Realtime } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { sse } from '@rt/transport-sse';
import { websocket } from '@rt/transport-ws';
import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';

/** What blocks leave behind, by the names that they all use. */
interface Made {
  readonly realtime?: Realtime;
  readonly client?: RealtimeClient;
}

/**
 * A process of its own: runs the blocks of documentation in `files`, one after the other, as the reader who follows the page would.
 * Servers that do not listen yet do so on `port`, clients get connected, and in the end everything is closed.
 */
const [port = '', ...files] = process.argv.slice(2);
const servers: Realtime[] = [];
// A page of that server: some clients say only `/`.
Object.defineProperty(globalThis, 'location', { value: new URL(`http://localhost:${port}/`) });

for (const file of files) {
  const code = await readFile(file, 'utf8');
  if (/new (?:Realtime|Checked)Client\b/.test(code) && !(await isServed())) await standIn();
  const { realtime, client } = (await import(pathToFileURL(file).href)) as Made;
  if (realtime !== undefined) await serve(realtime, code);
  if (client !== undefined) await use(client);
}
await Promise.all(servers.map((server) => server.close({ drainMs: 0 })));
console.log('all of it ran');
// Timers that publish for ever are part of some pages.
process.exit();

/** Starts a server that its block only makes; where it has transports, so that clients come in. */
async function serve(realtime: Realtime, code: string): Promise<void> {
  if (/realtime\.close\(/.test(code)) return;
  servers.push(realtime);
  if (/realtime\.(?:listen|attach)\(/.test(code)) return;
  if (code.includes('transports:')) await realtime.listen({ port: Number(port) });
  else await realtime.start();
}

/** Connects a client and waits until the server has answered whatever its block asked for. What is refused goes to stderr. */
async function use(client: RealtimeClient): Promise<void> {
  await client.connect();
  await client.call('nothing').catch(() => undefined);
  client.close();
}

/** For the clients of pages that have no server of their own: any token is a user's. */
async function standIn(): Promise<void> {
  const realtime = new Realtime({
    transports: [websocket(), sse(), longPolling()],
    authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
    channels: { 'chat.*': { send: true } },
  });
  servers.push(realtime);
  await realtime.listen({ port: Number(port) });
}

async function isServed(): Promise<boolean> {
  const socket = createConnection(Number(port), '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
