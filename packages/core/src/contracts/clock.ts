/** Ends what a clock started. Calling it again does nothing. */
export type Cancel = () => void;

/** Time, injected so that tests can move it. Timers keep the process alive only where somebody waits for what they end. */
export interface Clock {
  /** Milliseconds that only rise: for timeouts and leases. */
  now(): number;
  /** Milliseconds since 1970: only to be shown. */
  wallNow(): number;
  /** `isAwaited`: until then a caller waits, who would never hear of it if the process ended before. Default `false`. */
  after(ms: number, run: () => void, isAwaited?: boolean): Cancel;
  every(ms: number, run: () => void): Cancel;
  /** At the end of this turn of the event loop. */
  soon(run: () => void): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after(ms, run, isAwaited = false) {
    const timer = setTimeout(run, ms);
    if (!isAwaited) timer.unref();
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms).unref();
    return () => clearInterval(timer);
  },
  soon: (run) => void setImmediate(run),
};
