import { afterAll, beforeAll } from 'vitest';
import { testBrowser } from './other-browsers.ts';
import { WebKit } from './webkit.ts';

let webkit: WebKit;

beforeAll(async () => {
  webkit = await WebKit.launch();
});

afterAll(async () => {
  await webkit?.close();
});

testBrowser('WebKit', () => webkit);
