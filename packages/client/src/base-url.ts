const DEFAULT_PATH = '/realtime';

/**
 * The WebSocket address below `base`: `http(s)` becomes `ws(s)`, an empty path `/realtime`, and `/ws` is added.
 * A relative `base` is resolved against the page. Throws a `TypeError` for what is no address.
 */
export function socketUrl(base: string | URL): string {
  // There is no page in Node.
  const url = new URL(base, (globalThis as Partial<typeof globalThis>).location?.href);
  url.protocol = url.protocol.replace('http', 'ws');
  url.pathname = `${url.pathname.replace(/\/$/, '') || DEFAULT_PATH}/ws`;
  // A WebSocket refuses an address with a fragment.
  url.hash = '';
  return url.href;
}
