import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import type { Browser } from './chromium.ts';
import { Quickstart } from './quickstart.ts';
import { Tab } from './tab.ts';

let browser: Browser;
let quickstart: Quickstart;
let room: string;
let anna: Tab;
let ben: Tab;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
});

beforeEach(async () => {
  quickstart = await Quickstart.start();
  room = randomUUID();
  anna = await Tab.open(browser, quickstart.url, { name: 'Anna', room });
  ben = await Tab.open(browser, quickstart.url, { name: 'Ben', room });
});

afterEach(async () => {
  await Promise.all([anna.close(), ben.close()]);
  await quickstart.stop('SIGKILL');
});

/** Resolves when `tab` lists exactly these people, itself first, and says nothing else of them. */
async function lists(tab: Tab, people: readonly string[]): Promise<void> {
  await expect.poll(() => tab.page.locator('#people li').allTextContents(), { timeout: 10_000 }).toEqual(people);
  expect(await tab.count.textContent()).toBe(`${people.length} here`);
}

describe('who is here, in the quickstart page', () => {
  it('shows who joins, and in a moment just that they are there', async () => {
    await anna.person('Ben', 'joined').waitFor();
    await lists(anna, ['Anna you', 'Ben']);
    await lists(ben, ['Ben you', 'Anna']);
  });

  it('shows who leaves when a tab is closed, and then no more', async () => {
    await ben.close();
    await anna.person('Ben', 'left').waitFor();
    expect(await anna.count.textContent()).toBe('1 here');
    await lists(anna, ['Anna you']);
  });

  it('follows a change of name, in the next room as well', async () => {
    await ben.rename('Benjamin');
    await lists(anna, ['Anna you', 'Benjamin']);
    const other = randomUUID();
    await Promise.all([anna.enter(other), ben.enter(other)]);
    await lists(anna, ['Anna you', 'Benjamin']);
    await lists(ben, ['Benjamin you', 'Anna']);
  });

  it('knows who is in which room', async () => {
    await ben.enter(randomUUID());
    await anna.person('Ben', 'left').waitFor();
    await lists(ben, ['Ben you']);
    await ben.enter(room);
    await lists(anna, ['Anna you', 'Ben']);
  });

  it('takes a tab that is loaded again for the same person', async () => {
    await lists(anna, ['Anna you', 'Ben']);
    await ben.page.reload();
    await lists(ben, ['Ben you', 'Anna']);
    // The list comes in order, so what Anna would have heard of a leave is there before this.
    await ben.rename('Benjamin');
    await anna.person('Benjamin', '').waitFor();
    expect(await anna.page.locator('#people li').allTextContents()).toEqual(['Anna you', 'Benjamin']);
  });

  it('takes a duplicated tab, which begins with a copy of what the first one stores, for another person', async () => {
    const [page] = await Promise.all([
      ben.context.waitForEvent('page'),
      ben.page.evaluate(() => void open(location.href)),
    ]);
    await page.locator('#connection[data-state=open]').waitFor();
    await expect.poll(() => anna.count.textContent(), { timeout: 10_000 }).toBe('3 here');
  });

  it.each(['SIGKILL', 'SIGINT'] as const)('has both there again after a %s and a new start', async (signal) => {
    const { port } = quickstart;
    await ben.rename('Benjamin');
    await lists(anna, ['Anna you', 'Benjamin']);
    await quickstart.stop(signal);
    await Promise.all([anna.state('connecting', 'waiting'), ben.state('connecting', 'waiting')]);
    // Nobody can know better meanwhile.
    expect(await anna.page.locator('#people li').allTextContents()).toEqual(['Anna you', 'Benjamin']);
    quickstart = await Quickstart.start(port);
    await Promise.all([anna.state('open'), ben.state('open')]);
    await lists(anna, ['Anna you', 'Benjamin']);
    await lists(ben, ['Benjamin you', 'Anna']);
  });

  it('has the new name of one who changed it while the server was away', async () => {
    const { port } = quickstart;
    await quickstart.stop('SIGKILL');
    await ben.state('connecting', 'waiting');
    await ben.rename('Benjamin');
    quickstart = await Quickstart.start(port);
    await Promise.all([anna.state('open'), ben.state('open')]);
    await lists(anna, ['Anna you', 'Benjamin']);
    await lists(ben, ['Benjamin you', 'Anna']);
  });
});
