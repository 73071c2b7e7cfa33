import type { RealtimeClient, Subscription, TransportName } from '@rt/client';
import type { BrowserContext, Page } from 'playwright-core';

/** What `WatchingPage.open` leaves in the page. */
interface Watched {
  readonly got: unknown[];
  readonly states: string[];
  readonly subscription: Subscription;
}

/** What the page's scripts find in `globalThis`. */
interface Globals {
  readonly rt: { readonly RealtimeClient: typeof RealtimeClient };
  readonly watched: Watched;
}

/** A page whose client listens to one channel and notes what it is told. */
export class WatchingPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /**
   * Opens it and waits for its subscription. `url` is a server that has the client's script. Over some transports only, where they
   * are named.
   */
  static async open(
    context: BrowserContext,
    url: string,
    channel: string,
    transports?: readonly TransportName[],
  ): Promise<WatchingPage> {
    const page = await context.newPage();
    await page.goto(url);
    await page.addScriptTag({ url: '/realtime/client.js' });
    const of = { name: channel, options: transports === undefined ? {} : { transports } };
    await page.evaluate(async ({ name, options }) => {
      const { rt } = globalThis as unknown as Globals;
      const client = new rt.RealtimeClient('/', options);
      const subscription = client.subscribe(name);
      const watched: Watched = { got: [], states: [], subscription };
      Object.assign(globalThis, { watched });
      subscription.on('message.sent', (data) => watched.got.push(data));
      subscription.lifecycle.on('gap', () => watched.got.push('a gap'));
      await subscription.subscribed;
      client.on('state', ({ state }) => watched.states.push(state));
    }, of);
    return new WatchingPage(page);
  }

  /** Sends to the channel; resolves when the server has answered. */
  say(said: unknown): Promise<void> {
    return this.page.evaluate(async (data) => {
      await (globalThis as unknown as Globals).watched.subscription.send('message.sent', data);
    }, said);
  }

  /** The data of every message so far, in the order in which they came. */
  got(): Promise<unknown[]> {
    return this.page.evaluate(() => (globalThis as unknown as Globals).watched.got);
  }

  /** Every state of the connection since it was first open. */
  states(): Promise<string[]> {
    return this.page.evaluate(() => (globalThis as unknown as Globals).watched.states);
  }
}
