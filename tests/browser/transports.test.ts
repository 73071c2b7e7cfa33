import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HttpProxy } from '../transports/http-proxy.ts';
import { TRANSPORTS } from '../transports/nodes.ts';
import { launchChromium } from './chromium.ts';
import type { Browser } from './chromium.ts';
import { Quickstart } from './quickstart.ts';
import { Tab } from './tab.ts';

let browser: Browser;
let quickstart: Quickstart;

beforeAll(async () => {
  browser = await launchChromium();
  quickstart = await Quickstart.start();
});

afterAll(async () => {
  await browser?.close();
  await quickstart?.stop('SIGKILL');
});

/** The page in a tab of its own, closed when the test ends. */
async function open(url: string, name: string, room: string, transport?: string): Promise<Tab> {
  const tab = await Tab.open(browser, url, { name, room, ...(transport && { transport }) });
  onTestFinished(() => tab.close());
  return tab;
}

/** What each of them hears when the other one says something. */
async function conversation(anna: Tab, ben: Tab): Promise<(string | null)[]> {
  const word = randomUUID();
  await anna.send(`${word} from Anna`);
  await ben.send(`${word} from Ben`);
  return await Promise.all([
    anna.message('theirs', word).locator('.text').textContent(),
    ben.message('theirs', word).locator('.text').textContent(),
  ]).then((texts) => texts.map((text) => text?.replace(`${word} from `, '') ?? null));
}

describe.each(TRANSPORTS)('the quickstart page over %s', (transport) => {
  it('is a chat, with who is there and who types', async () => {
    const room = randomUUID();
    const anna = await open(quickstart.url, 'Anna', room, transport);
    const ben = await open(quickstart.url, 'Ben', room, transport);
    expect(await anna.connection.getAttribute('title')).toBe(`over ${transport}`);
    await anna.person('Ben', '').waitFor();
    expect(await conversation(anna, ben)).toEqual(['Ben', 'Anna']);
    await anna.text.pressSequentially('I think');
    await ben.typing.getByText('Anna').waitFor();
    await anna.close();
    await ben.person('Anna', 'left').waitFor();
    expect([...anna.complaints, ...ben.complaints]).toEqual([]);
  });

  it(
    'shows that the network is gone, and is back when it returns, with what was said meanwhile',
    { timeout: 90_000 },
    async () => {
      const room = randomUUID();
      const anna = await open(quickstart.url, 'Anna', room, transport);
      const ben = await open(quickstart.url, 'Ben', room);
      await anna.context.setOffline(true);
      // Chromium may let one last answer through: then it is silence that tells, after 33 s.
      await anna.page.getByText('offline, trying again').waitFor({ timeout: 60_000 });
      await ben.send('said meanwhile');
      await anna.context.setOffline(false);
      await anna.state('open');
      await anna.message('theirs', 'said meanwhile').waitFor();
      expect(await anna.message('theirs', 'said meanwhile').count()).toBe(1);
      expect(await conversation(anna, ben)).toEqual(['Ben', 'Anna']);
      expect(await anna.connection.getAttribute('title')).toBe(`over ${transport}`);
    },
  );
});

describe('the quickstart page behind a proxy', () => {
  it.each(['refused', 'silent'] as const)('is a chat where WebSockets are %s', async (way) => {
    const proxy = await HttpProxy.start(quickstart.url);
    proxy.ways.websocket = way;
    const room = randomUUID();
    const [anna, ben] = [await open(proxy.url, 'Anna', room), await open(quickstart.url, 'Ben', room)];
    expect(await anna.connection.getAttribute('title')).toBe('over sse');
    expect(await conversation(anna, ben)).toEqual(['Ben', 'Anna']);
  });

  it('is a chat where streams are held back too', async () => {
    const proxy = await HttpProxy.start(quickstart.url);
    proxy.ways.websocket = 'refused';
    proxy.ways.sse = 'silent';
    const room = randomUUID();
    const [anna, ben] = [await open(proxy.url, 'Anna', room), await open(quickstart.url, 'Ben', room)];
    expect(await anna.connection.getAttribute('title')).toBe('over longpolling');
    expect(await conversation(anna, ben)).toEqual(['Ben', 'Anna']);
  });

  it('goes on with WebSockets while the other transports cannot be loaded, and takes those when they can', async () => {
    const proxy = await HttpProxy.start(quickstart.url);
    proxy.ways.websocket = 'refused';
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await context.route('**/client-http.js', (route) => route.abort());
    await page.goto(`${proxy.url}/#${randomUUID()}`);
    await page.locator('#connection[data-state=waiting]').waitFor();
    proxy.ways.websocket = 'open';
    await page.locator('#connection[title="over websocket"]').waitFor();
    proxy.ways.websocket = 'refused';
    proxy.cut();
    await page.locator('#connection[data-state=waiting]').waitFor();
    await context.unroute('**/client-http.js');
    await page.locator('#connection[title="over sse"]').waitFor();
  });

  it('loads the other transports only where a WebSocket did not get through', async () => {
    const proxy = await HttpProxy.start(quickstart.url);
    const room = randomUUID();
    const asked: string[] = [];
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${proxy.url}/#${room}`);
    await page.locator('#connection[data-state=open]').waitFor();
    expect(asked).not.toContain('/realtime/client-http.js');
    proxy.ways.websocket = 'refused';
    proxy.cut();
    await page.locator('#connection[title="over sse"]').waitFor();
    expect(asked).toContain('/realtime/client-http.js');
  });
});
