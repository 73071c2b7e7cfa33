import type { TransportName } from '@rt/client';
import { Realtime } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { sse } from '@rt/transport-sse';
import { websocket } from '@rt/transport-ws';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { HttpProxy } from '../transports/http-proxy.ts';
import { launchChromium } from './chromium.ts';
import type { Browser } from './chromium.ts';
import { WatchingPage } from './watching-page.ts';

/** One more than the connections that a browser opens to an origin over HTTP/1.1. */
const TABS = 7;
/** How many of these the client leaves open. */
const PLACES = 4;
const STEP_MS = 15_000;

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
});

/** Whether a request is left open: a stream, or a poll that waits. */
function kindOf({ url, headers }: IncomingMessage): 'stream' | 'poll' | undefined {
  if (url === '/realtime/sse') return 'stream';
  const isWaiting = url === '/realtime/poll' && 'rt-session' in headers && !('rt-wait' in headers);
  return isWaiting ? 'poll' : undefined;
}

/** A server with an empty page; ends with the test. */
async function startServer(): Promise<{ realtime: Realtime; url: string }> {
  const realtime = new Realtime({
    transports: [websocket(), sse(), longPolling()],
    channels: { 'room.*': { send: ['message.sent'] } },
    logger: false,
  });
  const server = createServer((_req, res) => void res.setHeader('content-type', 'text/html').end('<!doctype html>'));
  await realtime.attach(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    await realtime.close({ drainMs: 0 });
    server.close();
    server.closeAllConnections();
  });
  // A server that listens on a port has such an address.
  return { realtime, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Tabs of one browser on a server, where no WebSocket gets through; and what they leave open there. */
class Tabs {
  readonly pages: WatchingPage[] = [];
  readonly #realtime: Realtime;
  readonly #proxy: HttpProxy;
  readonly #channel = `room.${randomUUID()}`;
  readonly #open = { stream: 0, poll: 0 };
  #most = 0;
  /** The sessions of which a poll has waited. */
  readonly #waiters = new Set<unknown>();
  /** How many messages each tab has heard so far. */
  readonly #heard = new Map<WatchingPage, number>();

  private constructor(realtime: Realtime, proxy: HttpProxy) {
    this.#realtime = realtime;
    this.#proxy = proxy;
  }

  static async open(count: number, transports?: readonly TransportName[]): Promise<Tabs> {
    const { realtime, url } = await startServer();
    const proxy = await HttpProxy.start(url);
    const tabs = new Tabs(realtime, proxy);
    proxy.ways.websocket = 'refused';
    proxy.watch((req, res) => {
      const kind = kindOf(req);
      if (kind === undefined) return;
      tabs.#open[kind]++;
      if (kind === 'poll') tabs.#waiters.add(req.headers['rt-session']);
      tabs.#most = Math.max(tabs.#most, tabs.#open.stream + tabs.#open.poll);
      res.once('close', () => tabs.#open[kind]--);
    });
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    context.setDefaultTimeout(STEP_MS);
    while (tabs.pages.length < count) {
      tabs.pages.push(await WatchingPage.open(context, proxy.url, tabs.#channel, transports));
    }
    return tabs;
  }

  /** How many tabs have had a poll that waits. */
  get waiters(): number {
    return this.#waiters.size;
  }

  /** How many requests are left open now, and the most that ever were. */
  get open(): { readonly stream: number; readonly poll: number; readonly most: number } {
    return { ...this.#open, most: this.#most };
  }

  /** Moves all of them to another server. */
  async move(): Promise<void> {
    this.#proxy.replace((await startServer()).url);
    await this.#realtime.close({ drainMs: 1_000 });
  }

  /** Every tab says something, then the server does: all is answered, and heard by each of the others once. */
  async converse(): Promise<void> {
    const words = this.pages.map((_, index) => `${index} ${randomUUID()}`);
    await Promise.all(this.pages.map((tab, index) => tab.say(words[index])));
    const last = randomUUID();
    await this.#realtime.broadcast(this.#channel, 'message.sent', last);
    for (const [index, tab] of this.pages.entries()) {
      await expect.poll(async () => (await tab.got()).at(-1), { timeout: STEP_MS }).toBe(last);
      const got = await tab.got();
      const heard = got.slice(this.#heard.get(tab) ?? 0);
      this.#heard.set(tab, got.length);
      expect(new Set(heard)).toEqual(new Set([...words.toSpliced(index, 1), last]));
      expect(heard).toHaveLength(words.length);
    }
  }
}

it('H7: four of seven tabs have streams, the others poll; all are served, and one takes the place of a tab that is closed', async () => {
  const tabs = await Tabs.open(TABS);
  await tabs.converse();
  expect(tabs.open).toEqual({ stream: PLACES, poll: 0, most: PLACES });
  const [closed] = tabs.pages.splice(1, 1);
  await closed!.page.close();
  await expect.poll(() => tabs.open, { timeout: STEP_MS }).toMatchObject({ stream: PLACES - 1, poll: 1 });
  await tabs.converse();
  for (const page of tabs.pages) expect(await page.states()).toEqual([]);
});

it('H7: four of seven tabs that poll wait, the others do not; all are served, and one takes the place of a tab that crashes', async () => {
  const tabs = await Tabs.open(TABS, ['longpolling']);
  await tabs.converse();
  await expect.poll(() => tabs.open, { timeout: STEP_MS }).toEqual({ stream: 0, poll: PLACES, most: PLACES });
  expect(tabs.waiters).toBe(PLACES);
  const [crashed] = tabs.pages.splice(1, 1);
  const isGone = new Promise((resolve) => crashed!.page.once('crash', resolve));
  // It never loads.
  crashed!.page.goto('chrome://crash').catch(() => undefined);
  await isGone;
  await expect.poll(() => tabs.waiters, { timeout: STEP_MS }).toBe(PLACES + 1);
  await tabs.converse();
  for (const page of tabs.pages) expect(await page.states()).toEqual([]);
});

it('H7: as many tabs as may have streams keep them when they move to another server', async () => {
  const tabs = await Tabs.open(PLACES);
  await tabs.move();
  await expect.poll(() => tabs.open, { timeout: STEP_MS }).toMatchObject({ stream: PLACES, poll: 0 });
});
