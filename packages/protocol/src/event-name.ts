/** The longest event name, in bytes of UTF-8. */
export const MAX_EVENT_BYTES = 200;

// Controls (Cc) would forge lines in logs and streams; a lone surrogate (Cs) has no UTF-8.
const FORBIDDEN = /[\p{Cc}\p{Cs}\u2028\u2029]/u;

/** Whether `name` may name an event: 1–200 bytes of UTF-8 without control characters, line separators or lone surrogates. */
export function isEventName(name: unknown): name is string {
  return typeof name === 'string' && name.length > 0 && fits(name) && !FORBIDDEN.test(name);
}

/** Why `name` can't name an event, as a sentence for people, or `undefined` when it can. */
export function eventNameProblem(name: unknown): string | undefined {
  if (isEventName(name)) return undefined;
  if (typeof name !== 'string') return 'an event name must be a string';
  if (name.length === 0) return 'an event name must not be empty';
  if (!fits(name)) return `an event name has at most ${MAX_EVENT_BYTES} bytes`;
  return 'an event name must not contain control characters, line separators or lone surrogates';
}

/** UTF-8 takes 1 to 3 bytes for each UTF-16 unit, so only names in between are measured. */
function fits(name: string): boolean {
  if (name.length * 3 <= MAX_EVENT_BYTES) return true;
  return name.length <= MAX_EVENT_BYTES && new TextEncoder().encode(name).length <= MAX_EVENT_BYTES;
}
