import { readFile, writeFile } from 'node:fs/promises';
import { launchChromium } from '../../tests/browser/chromium.ts';
import type { Browser } from '../../tests/browser/chromium.ts';
import { Quickstart } from '../../tests/browser/quickstart.ts';
import { Tab } from '../../tests/browser/tab.ts';

// node examples/quickstart/screenshot.ts docs/quickstart.png: two browser windows in a chat, the picture of the README.
const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('Say where the picture goes: node examples/quickstart/screenshot.ts docs/quickstart.png');
  process.exit(2);
}

const WIDTH = 1200;
const HEIGHT = 700;
const WINDOW = { width: 548, height: 588 };

const [browser, quickstart] = await Promise.all([launchChromium(), Quickstart.start()]);
try {
  await writeFile(file, await picture(browser, quickstart.url));
} finally {
  await browser.close();
  await quickstart.stop('SIGTERM');
}

async function picture(from: Browser, url: string): Promise<Buffer> {
  const common = { room: 'lobby', viewport: WINDOW, locale: 'en-GB' };
  const mia = await Tab.open(from, url, { ...common, name: 'Mia' });
  const jonas = await Tab.open(from, url, { ...common, name: 'Jonas', colorScheme: 'dark' });
  await mia.send('Morning! Is the new version on the server?');
  await jonas.send('Since nine o’clock. Did you notice the restart?');
  await mia.send('Not at all: the tab came back by itself before I was done with this sentence.');
  await jonas.send('Then let us ship it.');
  await mia.person('Jonas', '').waitFor();
  await mia.text.pressSequentially('With pleasure');
  await jonas.typing.filter({ hasText: 'Mia is typing…' }).waitFor();
  return await framed(from, [await mia.page.screenshot(), await jonas.page.screenshot()]);
}

/** Puts pictures of two pages into windows, side by side. */
async function framed(from: Browser, pages: readonly Buffer[]): Promise<Buffer> {
  const page = await from.newPage({ viewport: { width: WIDTH, height: HEIGHT } });
  const frame = await readFile(new URL('screenshot.html', import.meta.url), 'utf8');
  await page.setContent(frame);
  for (const [index, bytes] of pages.entries()) {
    const image = page.locator('img').nth(index);
    await image.evaluate(
      async (element: HTMLImageElement, source) => {
        element.src = source;
        await element.decode();
      },
      `data:image/png;base64,${bytes.toString('base64')}`,
    );
  }
  return await page.screenshot();
}
