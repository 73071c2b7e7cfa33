import type { Off } from './emitter.ts';

/** What the environment tells: the network or the page is back (`woke`), or the network is gone (`offline`). */
export type WakeEvent = 'woke' | 'offline';

/** Reports the page's and the network's coming and going until the returned function is called. Node has neither. */
export function watchWake(each: (event: WakeEvent) => void): Off {
  const stop = new AbortController();
  // Absent in Node, whatever the types of browsers say.
  const page: Partial<typeof globalThis> = globalThis;
  for (const type of ['online', 'pageshow', 'offline']) {
    page.addEventListener?.(type, () => each(type === 'offline' ? type : 'woke'), stop);
  }
  page.document?.addEventListener(
    'visibilitychange',
    () => document.visibilityState === 'visible' && each('woke'),
    stop,
  );
  return () => stop.abort();
}
