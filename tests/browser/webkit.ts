import { randomInt } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, LOOPBACK } from '../servers/ports.ts';
import { ServerProcess } from '../servers/process.ts';
import type { OpensPages } from './asked-page.ts';

/** Lets it run as root, and without a graphics card. */
const ENV = {
  WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
  WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  WEBKIT_DISABLE_DMABUF_RENDERER: '1',
  LIBGL_ALWAYS_SOFTWARE: '1',
};

/** The system's WebKitGTK, driven over WebDriver (https://www.w3.org/TR/webdriver2/), on a screen that nobody sees. */
export class WebKit implements OpensPages {
  readonly #processes: readonly ServerProcess[];
  readonly #session: string;

  private constructor(processes: readonly ServerProcess[], session: string) {
    this.#processes = processes;
    this.#session = session;
  }

  static async launch(): Promise<WebKit> {
    const screen = randomInt(1_000, 60_000);
    const xvfb = await ServerProcess.start({
      command: process.env['XVFB_PATH'] ?? '/usr/bin/Xvfb',
      args: [`:${screen}`, '-screen', '0', '1024x768x24', '-nolisten', 'tcp'],
      folder: await folder(),
      ready: async () => existsSync(`/tmp/.X11-unix/X${screen}`),
    });
    const port = await freePort();
    const driverUrl = `http://${LOOPBACK}:${port}`;
    const driver = await ServerProcess.start({
      command: process.env['WEBKIT_DRIVER_PATH'] ?? '/usr/bin/WebKitWebDriver',
      args: [`--host=${LOOPBACK}`, `--port=${port}`],
      folder: await folder(),
      env: { ...process.env, ...ENV, DISPLAY: `:${screen}` },
      ready: async () => (await fetch(`${driverUrl}/status`)).ok,
    });
    const options = { binary: miniBrowser(), args: ['--automation'] };
    const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } };
    const { sessionId } = (await command(`${driverUrl}/session`, { capabilities })) as { readonly sessionId: string };
    return new WebKit([driver, xvfb], `${driverUrl}/session/${sessionId}`);
  }

  async open(url: string): Promise<void> {
    await command(`${this.#session}/url`, { url });
  }

  async close(): Promise<void> {
    await fetch(this.#session, { method: 'DELETE' });
    for (const each of this.#processes) await each.terminate();
  }
}

/** One WebDriver command; resolves with its value. Throws what the driver answered where it is an error. */
async function command(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  // Every answer of a driver is an object with a value.
  const { value } = (await response.json()) as { readonly value: unknown };
  if (!response.ok) throw new Error(`${url} was answered with ${response.status}: ${JSON.stringify(value)}`);
  return value;
}

/** The small browser that comes with the library; the driver's package has it. */
function miniBrowser(): string {
  const [found] = globSync('/usr/lib/{*/,}webkit2gtk-4.1/MiniBrowser');
  const path = process.env['WEBKIT_BROWSER_PATH'] ?? found;
  if (path === undefined) throw new Error("WebKit's MiniBrowser is not there: set WEBKIT_BROWSER_PATH");
  return path;
}

function folder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'rt-webkit-'));
}
