import { systemClock } from '../contracts/clock.ts';
import type { Cancel, Clock } from '../contracts/clock.ts';

/** Rejects where `promise` takes too long. */
export async function within<Answer>(ms: number, promise: Promise<Answer>): Promise<Answer> {
  const late = Promise.withResolvers<never>();
  const end = systemClock.after(ms, () => late.reject(new Error(`no answer within ${ms} ms`)), true);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    end();
  }
}

/** As `clock.after`, begun when the code that runs now has run: what it sends leaves first, as a timer is dear in a process that was idle. */
export function afterSending(clock: Clock, ms: number, run: () => void, isAwaited?: boolean): Cancel {
  let isOver = false;
  let cancel: Cancel | undefined;
  queueMicrotask(() => {
    if (!isOver) cancel = clock.after(ms, run, isAwaited);
  });
  return () => {
    isOver = true;
    cancel?.();
  };
}
