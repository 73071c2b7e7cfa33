import type { HttpSession } from './http-session.ts';

/**
 * How many requests the tabs of a browser leave open to one origin: over HTTP/1.1 it opens six connections to that, for all of
 * them together. The other two are for what ends soon, ours and the page's.
 */
const PLACES = 4;

/**
 * Takes a place for requests that are left open, until the session is over; resolves with whether one was free. A tab that
 * is closed or crashes has none any more. Where nobody counts connections there is always one.
 */
export async function takePlace(session: HttpSession): Promise<boolean> {
  const { origin } = new URL(session.url('poll'));
  // Pages and workers of browsers only. Node has locks too, but opens as many connections as it needs.
  if (!globalThis.isSecureContext || isMultiplexed(origin)) return true;
  for (let place = 0; place < PLACES; place++) {
    if (await hold(`rt ${place} ${origin}`, session.signal)) return true;
  }
  return false;
}

/** Whether a request of this page to `origin` went over HTTP/2 or 3; of another origin it knows only what that lets it know. */
function isMultiplexed(origin: string): boolean {
  const entries = performance.getEntries() as PerformanceResourceTiming[];
  return entries.some((entry) => entry.name.startsWith(`${origin}/`) && /^h[23]/.test(entry.nextHopProtocol));
}

/** Takes the lock called `name` until `signal` aborts, if nobody has it. */
function hold(name: string, signal: AbortSignal): Promise<boolean> {
  return new Promise<boolean>((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock && !signal.aborted && new Promise((free) => signal.addEventListener('abort', free));
      })
      .catch(reject);
    // A page without an origin of its own, as in a sandbox, can lock nothing.
  }).catch(() => true);
}
