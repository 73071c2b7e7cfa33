import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import type { Browser } from './chromium.ts';
import { Quickstart } from './quickstart.ts';
import { Tab } from './tab.ts';

let browser: Browser;
let quickstart: Quickstart;
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
  const room = randomUUID();
  [anna, ben] = await Promise.all([
    Tab.open(browser, quickstart.url, { name: 'Anna', room }),
    Tab.open(browser, quickstart.url, { name: 'Ben', room }),
  ]);
});

afterEach(async () => {
  await Promise.all([anna.close(), ben.close()]);
  await quickstart.stop('SIGKILL');
});

/** What each tab hears when the other one says something. */
async function conversation(): Promise<(string | null)[]> {
  await anna.send('Hello again Ben');
  await ben.send('Hello again Anna');
  return await Promise.all([
    anna.message('theirs', 'Hello again').locator('.text').textContent(),
    ben.message('theirs', 'Hello again').locator('.text').textContent(),
  ]);
}

describe('the quickstart page when the connection goes', () => {
  it('comes back by itself after the server was killed and started again', async () => {
    const { port } = quickstart;
    await quickstart.stop('SIGKILL');
    await Promise.all([anna.state('connecting', 'waiting'), ben.state('connecting', 'waiting')]);
    quickstart = await Quickstart.start(port);
    await Promise.all([anna.state('open'), ben.state('open')]);
    expect(await conversation()).toEqual(['Hello again Anna', 'Hello again Ben']);
  });

  it('comes back by itself after the server was stopped with Ctrl-C and started again', async () => {
    const { port } = quickstart;
    expect(await quickstart.stop('SIGINT')).toEqual({ code: 0, signal: null });
    await Promise.all([anna.state('connecting', 'waiting'), ben.state('connecting', 'waiting')]);
    quickstart = await Quickstart.start(port);
    await Promise.all([anna.state('open'), ben.state('open')]);
    expect(await conversation()).toEqual(['Hello again Anna', 'Hello again Ben']);
  });

  it('sends afterwards what was written while the server was away', async () => {
    const { port } = quickstart;
    await quickstart.stop('SIGKILL');
    await anna.state('connecting', 'waiting');
    await anna.write('written while away');
    await anna.own('written while away', 'pending');
    // Nothing is kept for those who return later, so Anna is held back until Ben is there.
    await anna.context.setOffline(true);
    quickstart = await Quickstart.start(port);
    await ben.state('open');
    expect(await anna.message('own', 'written while away').getAttribute('data-state')).toBe('pending');
    await anna.context.setOffline(false);
    await anna.own('written while away', 'sent');
    await ben.message('theirs', 'written while away').waitFor();
    expect(await ben.message('theirs', 'written while away').count()).toBe(1);
  });

  it('counts down to the next attempt, and tries at once when asked', async () => {
    const { port } = quickstart;
    await quickstart.stop('SIGKILL');
    await anna.page.getByText(/^in \d+ s$/).waitFor();
    expect(await anna.page.getByRole('status').textContent()).toMatch(/reconnecting|connecting…/);
    quickstart = await Quickstart.start(port);
    await expect
      .poll(async () => {
        const now = anna.page.getByRole('button', { name: 'Try now' });
        if (await now.isVisible()) await now.click({ timeout: 500 }).catch(() => undefined);
        return await anna.connection.getAttribute('data-state');
      })
      .toBe('open');
  });

  it('shows that the network is gone, and is back at once when it returns', { timeout: 90_000 }, async () => {
    await anna.context.setOffline(true);
    // Chromium may let one last answer through: then it is silence that tells, after 33 s.
    await anna.page.getByText('offline, trying again').waitFor({ timeout: 60_000 });
    await anna.context.setOffline(false);
    await expect.poll(() => anna.page.getByRole('status').textContent(), { timeout: 5_000 }).toBe('connected');
    expect(await conversation()).toEqual(['Hello again Anna', 'Hello again Ben']);
  });
});
