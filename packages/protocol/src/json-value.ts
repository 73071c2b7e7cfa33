/** Anything that JSON can say. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** How deep arrays and objects in a message's data may be nested. */
export const MAX_JSON_DEPTH = 64;

/**
 * Why a value that `JSON.parse` returned can't be passed on unchanged, or `undefined` when it can:
 * nested deeper than `MAX_JSON_DEPTH`, or holding a number too large for a double (`1e400` would be written as `null`).
 */
export function jsonProblem(value: unknown, depthLeft = MAX_JSON_DEPTH): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'a number is too large';
  if (typeof value !== 'object' || value === null) return undefined;
  if (depthLeft === 0) return `data is nested deeper than ${MAX_JSON_DEPTH}`;
  const children: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const child of children) {
    if (typeof child === 'string') continue;
    const problem = jsonProblem(child, depthLeft - 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
