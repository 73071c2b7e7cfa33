import type { Off } from './emitter.ts';

/** What the environment tells: the network or the page is back (`woke`), or the network is gone (`offline`). */
export type WakeEvent = 'woke' | 'offline';

/** Reports the page's and the network's coming and going until the returned function is called. Node has neither. */
export function watchWake(each: (event: WakeEvent) => void): Off {
  const stop = new AbortController();
  const { signal } = stop;
  const woke = (): void => each('woke');
  if (typeof addEventListener === 'function') {
    addEventListener('online', woke, { signal });
    addEventListener('pageshow', woke, { signal });
    addEventListener('offline', () => each('offline'), { signal });
  }
  if (typeof document !== 'undefined') {
    const visible = (): void => {
      if (document.visibilityState === 'visible') woke();
    };
    document.addEventListener('visibilitychange', visible, { signal });
  }
  return () => stop.abort();
}
