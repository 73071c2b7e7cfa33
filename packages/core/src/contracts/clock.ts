/** Ends what a clock started. Calling it again does nothing. */
export type Cancel = () => void;

/** Time, injected so that tests can move it. Timers never keep the process alive. */
export interface Clock {
  /** Milliseconds that only rise: for timeouts and leases. */
  now(): number;
  /** Milliseconds since 1970: only to be shown. */
  wallNow(): number;
  after(ms: number, run: () => void): Cancel;
  every(ms: number, run: () => void): Cancel;
  /** At the end of this turn of the event loop. */
  soon(run: () => void): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms).unref();
    return () => clearInterval(timer);
  },
  soon: (run) => void setImmediate(run),
};
