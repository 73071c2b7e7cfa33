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

const CURSOR = /^([A-Za-z0-9_-]{1,64})\.([0-9a-z]{1,11})\.([A-Za-z0-9_-]{0,16})$/;

/** The text that clients store and send back: `<epoch>.<offset in base 36>.<tag>`. */
export function formatCursor({ epoch, offset, tag }: Position): string {
  return `${epoch}.${offset.toString(36)}.${tag}`;
}

/** The place behind a cursor, or `undefined` where no server wrote it. */
export function parseCursor(text: string): Position | undefined {
  const match = CURSOR.exec(text);
  if (match === null) return undefined;
  const offset = Number.parseInt(match[2]!, 36);
  return Number.isSafeInteger(offset) ? { epoch: match[1]!, offset, tag: match[3]! } : undefined;
}
