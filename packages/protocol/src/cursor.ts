/**
 * A place in one channel's log. Two logs of the same channel have different epochs; within one epoch offsets rise.
 * The tag belongs to the entry at that offset: after a fail-over that lost entries, the same offset has another tag.
 */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
  readonly tag: string;
}

/** The longest cursor a client may hand back. */
export const MAX_CURSOR_LENGTH = 128;

const CURSOR = /^([A-Za-z0-9_-]{1,64})\.([0-9a-z]{1,11})\.([A-Za-z0-9_-]{0,16})(?:\.([0-9a-z]{1,4}))?$/;

/**
 * The text that clients store and send back: `<epoch>.<offset in base 36>.<tag>`. Of several messages that were stored as one, the others
 * have the cursor of the first and a suffix.
 */
export function formatCursor({ epoch, offset, tag }: Position): string {
  return `${epoch}.${offset.toString(36)}.${tag}`;
}

/** More messages are not stored as one. */
export const MAX_LINES = 1_024;

const SUFFIXES = Array.from({ length: MAX_LINES }, (_, index) => (index === 0 ? '' : `.${index.toString(36)}`));

/** What a cursor has behind it that is `index` places further, fewer than `MAX_LINES`: nothing, or a dot and the number in base 36. */
export function cursorSuffix(index: number): string {
  return SUFFIXES[index]!;
}

/** The place behind a cursor, or `undefined` where no server wrote it. */
export function parseCursor(text: string): Position | undefined {
  const match = CURSOR.exec(text);
  if (match === null) return undefined;
  const offset = Number.parseInt(match[2]!, 36) + Number.parseInt(match[4] ?? '0', 36);
  return Number.isSafeInteger(offset) ? { epoch: match[1]!, offset, tag: match[3]! } : undefined;
}
