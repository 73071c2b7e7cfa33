/** A test waits for at most three times the product's target of one second. */
export const CLOSE_DEADLINE_MS = 3_000;

/** The outcome of `promise`, or an error that says what did not come within `ms`. */
export async function within<Value>(ms: number, what: string, promise: Promise<Value>): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} did not come within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
