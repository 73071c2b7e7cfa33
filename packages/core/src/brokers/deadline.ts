import { systemClock } from '../contracts/clock.ts';

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
