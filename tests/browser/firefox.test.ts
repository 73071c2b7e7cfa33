import puppeteer from 'puppeteer-core';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { testBrowser } from './other-browsers.ts';

let firefox: Browser;

beforeAll(async () => {
  const executablePath = process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr';
  firefox = await puppeteer.launch({ browser: 'firefox', executablePath, headless: true });
});

afterAll(async () => {
  await firefox?.close();
});

testBrowser('Firefox', () => ({
  open: async (url) => {
    const page = await firefox.newPage();
    onTestFinished(() => page.close());
    await page.goto(url);
  },
}));
