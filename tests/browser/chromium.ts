import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

export type { Browser } from 'playwright-core';

/** What keeps a browser without a screen from doing anything but our pages. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the system's Chromium; `CHROMIUM_PATH` names another one. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', args: ARGS });
}
