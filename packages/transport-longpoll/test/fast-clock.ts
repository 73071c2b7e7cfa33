import { systemClock } from '@rt/core';
import type { Clock } from '@rt/core';

/** So many times as fast as others. */
export function clockOf(speed: number): Clock {
  return {
    now: () => systemClock.now() * speed,
    wallNow: () => systemClock.wallNow(),
    after: (ms, run) => systemClock.after(ms / speed, run),
    every: (ms, run) => systemClock.every(ms / speed, run),
    soon: (run) => systemClock.soon(run),
  };
}
