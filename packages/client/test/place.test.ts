import { RealtimeClient } from '@rt/client';
import type { ClientOptions, StateChange } from '@rt/client';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { HttpSession } from '../src/http/http-session.ts';
import { takePlace } from '../src/http/place.ts';
import { Inbox } from './inbox.ts';
import { accept } from './open-http-client.ts';
import { ScriptedHttpServer } from './scripted-http-server.ts';
import type { Exchange } from './scripted-http-server.ts';

const PLACES = 4;
/** Longer than a test: a client that does not get through the first time does not try again. */
const NEVER = { baseMs: 2 ** 31 - 1, maxMs: 2 ** 31 - 1 };

interface Stream {
  readonly client: RealtimeClient;
  readonly opening: Exchange;
}

function newClient({ url }: ScriptedHttpServer, options: ClientOptions): RealtimeClient {
  const client = new RealtimeClient(url, { backoff: { baseMs: 1, maxMs: 5 }, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** So many clients that are open over SSE. */
async function openStreams(server: ScriptedHttpServer, count: number): Promise<Stream[]> {
  const streams: Stream[] = [];
  while (streams.length < count) {
    const client = newClient(server, { transports: ['sse'], backoff: NEVER });
    const opened = client.connect();
    streams.push({ client, opening: await accept(server, 'sse') });
    await opened;
  }
  return streams;
}

/** The client takes leave, and its stream ends. */
async function leave(server: ScriptedHttpServer, { client, opening }: Stream): Promise<void> {
  client.close();
  (await server.next('DELETE /send')).answer(204);
  await opening.aborted;
}

/** What the page knows of the requests that it made. */
function madeRequests(...entries: readonly { readonly name: string; readonly nextHopProtocol: string }[]): void {
  const spy = vi.spyOn(performance, 'getEntries').mockReturnValue(entries as unknown as PerformanceEntryList);
  onTestFinished(() => spy.mockRestore());
}

describe('in the tabs of a browser', () => {
  // The locks are Node's own, and shared by all clients here as they are by tabs.
  beforeEach(() => {
    vi.stubGlobal('isSecureContext', true);
    return () => void vi.unstubAllGlobals();
  });

  it('four clients have a stream; a fifth polls without waiting, and waits as soon as one of them has gone', async () => {
    const server = await ScriptedHttpServer.start();
    const streams = await openStreams(server, PLACES);
    const fifth = newClient(server, { transports: ['sse', 'longpolling'] });
    const opened = fifth.connect();
    await accept(server, 'longpolling');
    await opened;
    const first = await server.next('POST /poll');
    expect([first.headers['rt-wait'], first.sequence]).toEqual(['0', '1']);
    first.answer(200, { 'rt-sequence': '2' }, ['direct', 'hello', null]);
    const second = await server.next('POST /poll');
    expect([second.headers['rt-wait'], second.sequence]).toEqual(['0', '2']);
    await leave(server, streams[2]!);
    second.answer(204);
    const third = await server.next('POST /poll');
    expect([third.headers['rt-wait'], third.sequence]).toEqual([undefined, '2']);
    expect(server.seen.filter((route) => route === 'POST /sse')).toHaveLength(PLACES);
  });

  it('a fifth client with nothing but SSE waits, asks for nothing, and has a stream when one has gone', async () => {
    const server = await ScriptedHttpServer.start();
    const streams = await openStreams(server, PLACES);
    const fifth = newClient(server, { transports: ['sse'] });
    const states = new Inbox<StateChange>();
    fifth.on('state', (change) => states.push(change));
    const opened = fifth.connect();
    for (const expected of ['connecting', 'waiting', 'connecting', 'waiting']) {
      const { state, error } = await states.next();
      expect([state, error]).toEqual([expected, undefined]);
    }
    expect(server.seen).toEqual(Array.from({ length: PLACES }, () => 'POST /sse'));
    await leave(server, streams[0]!);
    await accept(server, 'sse');
    await opened;
  });

  it('clients that move to another node keep their places', async () => {
    const server = await ScriptedHttpServer.start();
    for (const { client, opening } of await openStreams(server, PLACES)) {
      const moved = new Promise<void>((resolve) => {
        client.on('state', ({ state }) => {
          if (state === 'open') resolve();
        });
      });
      opening.event(['drain', 0]);
      await accept(server, 'sse');
      await moved;
    }
  });

  it('clients of other origins have places of their own', async () => {
    await openStreams(await ScriptedHttpServer.start(), PLACES);
    await openStreams(await ScriptedHttpServer.start(), PLACES);
  });

  it.each(['h2', 'h3'])('nobody is counted where requests to the server go over %s', async (nextHopProtocol) => {
    const server = await ScriptedHttpServer.start();
    madeRequests({ name: `${server.url}/`, nextHopProtocol });
    await openStreams(server, PLACES + 1);
  });

  it('what goes over HTTP/2 to somebody else, or over HTTP/1.1 to the server, frees nobody from being counted', async () => {
    const server = await ScriptedHttpServer.start();
    madeRequests(
      { name: `${server.url}/client.js`, nextHopProtocol: 'http/1.1' },
      { name: `${server.url}0/client.js`, nextHopProtocol: 'h2' },
    );
    await openStreams(server, PLACES);
    expect(await takePlace(new HttpSession(`${server.url}/realtime/ws`, fetch))).toBe(false);
  });

  it('a page that may lock nothing, as in a sandbox, is not counted', async () => {
    const refused = new DOMException('no origin', 'SecurityError');
    const spy = vi.spyOn(navigator.locks, 'request').mockRejectedValue(refused);
    onTestFinished(() => spy.mockRestore());
    await openStreams(await ScriptedHttpServer.start(), PLACES + 1);
  });

  it('a session that is over before it has its place keeps none', async () => {
    const session = new HttpSession('ws://127.0.0.1:1/realtime/ws', fetch);
    const taken = takePlace(session);
    session.end();
    await taken;
    await navigator.locks.request('rt 0 http://127.0.0.1:1', () => undefined);
  });
});

it('Node opens as many streams as it is asked for', async () => {
  await openStreams(await ScriptedHttpServer.start(), PLACES + 1);
});
