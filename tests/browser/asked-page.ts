import { RealtimeClient } from '@rt/client';
import { Realtime } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { sse } from '@rt/transport-sse';
import { websocket } from '@rt/transport-ws';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { Inbox } from '../hardening/inbox.ts';
import { HttpProxy } from '../transports/http-proxy.ts';

/** What a page of a slow browser may take for one step. */
const STEP_MS = 20_000;

/** Listens to a channel and answers what it is asked there, with what carries its connection. */
const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>asked page</title>
<script src="/realtime/client.js"></script>
<script>
  const query = new URLSearchParams(location.search);
  const only = query.get('transport');
  const client = new rt.RealtimeClient('/', { backoff: { baseMs: 50, maxMs: 200 }, ...(only && { transports: [only] }) });
  const room = client.subscribe(query.get('channel'));
  room.on('asked', (n) => room.send('answered', [n, client.transport]));
  room.subscribed.then(() => room.send('answered', ['here', client.transport]));
</script>`;

/** A page in a browser, whichever: all that a test needs of one is that it opens an address. */
export interface OpensPages {
  open(url: string): Promise<void>;
}

/** A server with a page that answers questions over its connection, and a proxy between the two. */
export class AskedPage {
  readonly proxy: HttpProxy;
  readonly #realtime: Realtime;
  readonly #channel = `room.${randomUUID()}`;
  readonly #answers = new Inbox<readonly [unknown, string]>();

  private constructor(proxy: HttpProxy, realtime: Realtime) {
    this.proxy = proxy;
    this.#realtime = realtime;
  }

  /** Starts the server; everything ends with the test. */
  static async serve(): Promise<AskedPage> {
    const realtime = new Realtime({
      transports: [websocket(), sse(), longPolling()],
      channels: { 'room.*': { send: ['answered'] } },
      logger: false,
    });
    const server = createServer((_req, res) => void res.setHeader('content-type', 'text/html').end(PAGE));
    await realtime.attach(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(async () => {
      await realtime.close({ drainMs: 0 });
      server.close();
      server.closeAllConnections();
    });
    // A server that listens on a port has such an address.
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const asked = new AskedPage(await HttpProxy.start(url), realtime);
    const client = new RealtimeClient(url);
    onTestFinished(() => client.close());
    const answers = client.subscribe(asked.#channel);
    answers.on('answered', (answer) => asked.#answers.push(answer as readonly [unknown, string]));
    await answers.subscribed;
    return asked;
  }

  /** Opens the page in `browser`, over one transport only where one is named; resolves with the one it uses. */
  async openIn(browser: OpensPages, transport?: string): Promise<string> {
    const query = new URLSearchParams({ channel: this.#channel, ...(transport !== undefined && { transport }) });
    await browser.open(`${this.proxy.url}/?${query.toString()}`);
    return await this.#answer('here');
  }

  /** Asks everything from `from` up to `to`, and checks that each was answered once and in order; resolves with the transport. */
  async converse(from: number, to: number): Promise<string> {
    for (let n = from; n < to; n++) await this.#realtime.broadcast(this.#channel, 'asked', n);
    let transport = '';
    for (let n = from; n < to; n++) transport = await this.#answer(n);
    expect(this.#answers.size).toBe(0);
    return transport;
  }

  /** The next answer, which is the one to `n`; resolves with what carried it. */
  async #answer(n: unknown): Promise<string> {
    const [answered, transport] = await this.#answers.next(`the answer to ${String(n)}`, () => true, STEP_MS);
    expect(answered).toBe(n);
    return transport;
  }
}
