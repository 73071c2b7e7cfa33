import { expect, it, vi } from 'vitest';
import { socketUrl } from '../src/base-url.ts';

it.each([
  ['http://example.com', 'ws://example.com/realtime/ws'],
  ['https://example.com/', 'wss://example.com/realtime/ws'],
  ['ws://example.com:8080', 'ws://example.com:8080/realtime/ws'],
  ['wss://example.com/chat', 'wss://example.com/chat/ws'],
  ['https://example.com/a/b/?tenant=1#top', 'wss://example.com/a/b/ws?tenant=1'],
])('turns %s into %s', (base, url) => {
  expect(socketUrl(base)).toBe(url);
});

it('resolves a relative address against the page', () => {
  vi.stubGlobal('location', new URL('https://example.com/app/page.html'));
  try {
    expect(socketUrl('/')).toBe('wss://example.com/realtime/ws');
    expect(socketUrl('/live')).toBe('wss://example.com/live/ws');
  } finally {
    vi.unstubAllGlobals();
  }
});

it.each(['/realtime', 'not an address'])('throws for %s where there is no page', (base) => {
  expect(() => socketUrl(base)).toThrow(TypeError);
});
