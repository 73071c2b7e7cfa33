import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import type { Browser } from './chromium.ts';
import { Quickstart } from './quickstart.ts';
import { Tab } from './tab.ts';

let browser: Browser;
let quickstart: Quickstart;

beforeAll(async () => {
  [browser, quickstart] = await Promise.all([launchChromium(), Quickstart.start()]);
});

afterAll(async () => {
  await browser?.close();
  await quickstart?.stop('SIGTERM');
});

describe.each([
  { device: 'a phone', viewport: { width: 360, height: 640 } },
  { device: 'a small phone', viewport: { width: 320, height: 480 } },
])('the quickstart page on $device', ({ viewport }) => {
  it('fits, with the input and the newest message in sight', async () => {
    const tab = await Tab.open(browser, quickstart.url, {
      name: 'Anna',
      room: randomUUID(),
      viewport,
      hasTouch: true,
      isMobile: true,
    });
    const longWord = 'a'.repeat(300);
    for (let index = 0; index < 12; index++) await tab.write(`message ${index}`);
    await tab.send(longWord);
    const width = await tab.page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(viewport.width);
    for (const inSight of [
      tab.text,
      tab.page.getByRole('button', { name: 'Send', exact: true }),
      tab.message('own', longWord),
    ]) {
      const box = await inSight.boundingBox();
      expect(box?.x).toBeGreaterThanOrEqual(0);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(viewport.height);
    }
    await tab.close();
  });

  it('keeps the newest message in sight when the keyboard comes up, unless somebody reads back', async () => {
    const tab = await Tab.open(browser, quickstart.url, { name: 'Anna', room: randomUUID(), viewport, isMobile: true });
    for (let index = 0; index < 20; index++) await tab.write(`message ${index}`);
    await tab.send('the newest');
    const bottomOfNewest = async (): Promise<number> => {
      const box = await tab.message('own', 'the newest').boundingBox();
      return (box?.y ?? 0) + (box?.height ?? 0);
    };
    const top = async (): Promise<number> => (await tab.page.locator('#composer').boundingBox())?.y ?? 0;
    await tab.page.setViewportSize({ ...viewport, height: viewport.height - 150 });
    await expect.poll(async () => (await bottomOfNewest()) <= (await top())).toBe(true);
    await tab.page.locator('#scroller').evaluate((element) => element.scrollTo({ top: 0 }));
    await expect.poll(bottomOfNewest).toBeGreaterThan(viewport.height);
    await tab.page.setViewportSize(viewport);
    expect(await tab.page.locator('#scroller').evaluate((element) => element.scrollTop)).toBe(0);
    await tab.close();
  });
});
