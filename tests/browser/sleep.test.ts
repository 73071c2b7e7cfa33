import { RealtimeClient } from '@rt/client';
import { Realtime } from '@rt/core';
import { websocket } from '@rt/transport-ws';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Inbox } from '../hardening/inbox.ts';
import { launchChromium } from './chromium.ts';
import type { Browser } from './chromium.ts';
import { WatchingPage } from './watching-page.ts';

/** Two sweeps of a second each, and room for a busy machine. */
const REAPED_WITHIN_MS = 15_000;
/** How often the other client writes meanwhile. */
const EVERY_MS = 20;

interface Scene {
  readonly browser: Browser;
  readonly page: WatchingPage;
  readonly talker: Talker;
  /** The reason of every connection that ended. */
  readonly ended: Inbox<string>;
  /** How many connections there have been. */
  readonly connected: () => number;
}

/** A server that soon misses who is silent, a page that listens, and another client that writes. */
async function start(): Promise<Scene> {
  const realtime = new Realtime({
    transports: [websocket()],
    // More than is written in the test: by default a channel keeps 100 messages.
    channels: { 'room.*': { send: ['message.sent'], history: { size: 1_000, ttlMs: 60_000 } } },
    limits: { beatMs: 1_000, beatAnswerMs: 1_000, messagesPerMinute: 60_000 },
    logger: false,
  });
  const ended = new Inbox<string>();
  let connections = 0;
  realtime.on('connected', () => connections++);
  realtime.on('disconnected', ({ reason }) => ended.push(reason));
  const server = createServer((_req, res) => void res.setHeader('content-type', 'text/html').end('<!doctype html>'));
  await realtime.attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await realtime.close({ drainMs: 0 });
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const channel = `room.${randomUUID()}`;
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const page = await WatchingPage.open(await browser.newContext(), url, channel);
  return { browser, page, talker: await Talker.join(url, channel), ended, connected: () => connections };
}

/** Another client, which writes numbers. */
class Talker {
  readonly #client: RealtimeClient;
  readonly #channel: string;
  #count = 0;

  private constructor(client: RealtimeClient, channel: string) {
    this.#client = client;
    this.#channel = channel;
  }

  static async join(url: string, channel: string): Promise<Talker> {
    const client = new RealtimeClient(url);
    onTestFinished(() => client.close());
    await client.connect();
    return new Talker(client, channel);
  }

  /** Everything that was written, in order. */
  get written(): number[] {
    return Array.from({ length: this.#count }, (_, index) => index);
  }

  async write(times: number): Promise<void> {
    for (let time = 0; time < times; time++) await this.#client.send(this.#channel, 'message.sent', this.#count++);
  }

  /** Writes until `done` is settled; resolves with what that was. */
  async writeUntil<Value>(done: Promise<Value>): Promise<Value> {
    const writing = setInterval(() => void this.write(1), EVERY_MS);
    try {
      return await done;
    } finally {
      clearInterval(writing);
    }
  }
}

/** Processes of a browser that can be made to stand still. */
class Sleep {
  readonly #ids: readonly number[];

  private constructor(ids: readonly number[]) {
    this.#ids = ids;
    // Else the browser could not be closed after a failure.
    onTestFinished(() => this.wakeUp());
  }

  /** Of `browser`: those of pages only, or all. */
  static async of(browser: Browser, which: 'renderer' | 'all'): Promise<Sleep> {
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const found = processInfo.filter(({ type }) => which === 'all' || type === which);
    return new Sleep(found.map(({ id }) => id));
  }

  fallAsleep(): void {
    for (const id of this.#ids) process.kill(id, 'SIGSTOP');
  }

  wakeUp(): void {
    for (const id of this.#ids) process.kill(id, 'SIGCONT');
  }
}

// A headless Chromium takes no notice of `Page.setWebLifecycleState`, so that processes are stopped instead.
it.each([
  { what: 'a tab that the browser freezes', which: 'renderer' },
  { what: 'a closed lid: all of the browser stands still', which: 'all' },
] as const)('$what for longer than the heartbeat: nothing is missed, and one reconnect', async ({ which }) => {
  const { browser, page, talker, ended, connected } = await start();
  await talker.write(10);
  await expect.poll(() => page.got(), { timeout: 10_000 }).toEqual(talker.written);
  const sleep = await Sleep.of(browser, which);

  sleep.fallAsleep();
  const reason = await talker.writeUntil(ended.next('the end of its connection', undefined, REAPED_WITHIN_MS));
  expect(reason).toBe('HEARTBEAT_MISSED');
  await talker.write(50);
  sleep.wakeUp();
  await talker.write(10);

  await expect.poll(() => page.got(), { timeout: 10_000 }).toEqual(talker.written);
  expect(await page.states()).toEqual(['waiting', 'connecting', 'open']);
  // The page twice, and the one that writes.
  expect(connected()).toBe(3);
});
