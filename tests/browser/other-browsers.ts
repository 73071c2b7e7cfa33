import { describe, expect, it } from 'vitest';
import { TRANSPORTS } from '../transports/nodes.ts';
import { AskedPage } from './asked-page.ts';
import type { OpensPages } from './asked-page.ts';

/** What holds in every browser. */
export function testBrowser(name: string, browser: () => OpensPages): void {
  describe(`a page in ${name}`, () => {
    it.each(TRANSPORTS)(
      'hears and says everything over %s, also what was said while its network was away',
      async (only) => {
        const page = await AskedPage.serve();
        expect(await page.openIn(browser(), only)).toBe(only);
        expect(await page.converse(0, 20)).toBe(only);
        page.proxy.ways[only] = 'refused';
        page.proxy.cut();
        const conversation = page.converse(20, 40);
        page.proxy.ways[only] = 'open';
        expect(await conversation).toBe(only);
      },
    );

    it.each(['refused', 'silent'] as const)('goes on over SSE where WebSockets are %s', async (way) => {
      const page = await AskedPage.serve();
      page.proxy.ways.websocket = way;
      expect(await page.openIn(browser())).toBe('sse');
      expect(await page.converse(0, 20)).toBe('sse');
    });

    it('goes on over long-polling where streams are held back too', async () => {
      const page = await AskedPage.serve();
      page.proxy.ways.websocket = 'refused';
      page.proxy.ways.sse = 'silent';
      expect(await page.openIn(browser())).toBe('longpolling');
      expect(await page.converse(0, 20)).toBe('longpolling');
    });
  });
}
