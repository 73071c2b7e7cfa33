/** What data is expected: a part of it, `expect.any(…)` and the like within it, or a function that says whether it will do. */
export type Expected = unknown;

/**
 * Whether `actual` is as `expected`: objects have at least the same properties, lists the same elements, everything else is
 * equal. Matchers of a test runner (`expect.any(String)`) decide for themselves, and so does a function.
 */
export function matches(expected: Expected, actual: unknown): boolean {
  if (typeof expected === 'function') return Boolean((expected as (value: unknown) => unknown)(actual));
  if (isAsymmetric(expected)) return expected.asymmetricMatch(actual);
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((each, index) => matches(each, actual[index]))
    );
  }
  if (typeof expected !== 'object' || expected === null) return Object.is(expected, actual);
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return false;
  return Object.entries(expected).every(([key, value]) =>
    value === undefined
      ? !Object.hasOwn(actual, key)
      : Object.hasOwn(actual, key) && matches(value, Reflect.get(actual, key)),
  );
}

/** What runners make of `expect.any(String)`. */
function isAsymmetric(value: unknown): value is { asymmetricMatch(actual: unknown): boolean } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'asymmetricMatch' in value &&
    typeof value.asymmetricMatch === 'function'
  );
}
