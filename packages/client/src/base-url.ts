import { RealtimeError } from '@rt/protocol';

const DEFAULT_PATH = '/realtime';

/**
 * The WebSocket address below `base`: `http(s)` becomes `ws(s)`, an empty path `/realtime`, and `/ws` is added.
 * A relative `base` is resolved against the page. Throws `BAD_OPTION` for what is no such address.
 */
export function socketUrl(base: string | URL): string {
  try {
    // There is no page in Node.
    const url = new URL(base, (globalThis as Partial<typeof globalThis>).location?.href);
    url.protocol = url.protocol.replace('http', 'ws');
    if (!/^wss?:$/.test(url.protocol)) throw new TypeError(url.protocol);
    url.pathname = `${url.pathname.replace(/\/$/, '') || DEFAULT_PATH}/ws`;
    // A WebSocket refuses an address with a fragment.
    url.hash = '';
    return url.href;
  } catch (cause) {
    throw new RealtimeError('BAD_OPTION', 'The url must be http(s) or ws(s).', { cause });
  }
}
