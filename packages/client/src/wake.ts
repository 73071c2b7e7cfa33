import type { Off } from './emitter.ts';

/** Tells whether the network or the page is back, or the network gone, until the returned function is called. Node has neither. */
export function watchWake(each: (isBack: boolean) => void): Off {
  const stop = new AbortController();
  // Absent in Node, whatever the types of browsers say.
  const page: Partial<typeof globalThis> = globalThis;
  for (const type of ['online', 'pageshow', 'offline']) {
    page.addEventListener?.(type, () => each(type !== 'offline'), stop);
  }
  page.document?.addEventListener('visibilitychange', () => document.hidden || each(true), stop);
  return () => stop.abort();
}
