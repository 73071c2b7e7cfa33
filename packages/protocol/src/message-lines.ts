import { cursorSuffix, MAX_LINES } from './cursor.ts';
import { CURSOR_GAP } from './message-frame.ts';
import type { MessageNames } from './message-frame.ts';

/** What is behind the gap for the cursor, and behind the id: both say in the same way which of the lines it is. */
const ENDS = Array.from({ length: MAX_LINES }, (_, index) => `${cursorSuffix(index)}",`);

/**
 * Messages of one channel that a log stores as one, each a frame in a line of its own, written before they have a place: a log gives them
 * that later, and the same for all of them, which goes into the gap that each line has.
 */
export class MessageLines {
  /** The first message's. The others have it with a suffix, which is that of their cursors. */
  readonly id: string;
  readonly #idText: string;
  #text = '';
  #count = 0;

  constructor(id: string) {
    this.id = id;
    this.#idText = `,["${id}`;
  }

  get count(): number {
    return this.#count;
  }

  get length(): number {
    return this.#text.length;
  }

  /** Adds a message. Which one it is: the first is 0, and the last that there may be `MAX_LINES` - 1. */
  add(names: MessageNames, dataText: string, tail: string): number {
    const index = this.#count++;
    const end = ENDS[index]!;
    // The text is put together once, when it is sent: a list of its pieces takes longer.
    this.#text += (index === 0 ? names.line : names.nextLine) + end + dataText + this.#idText + end + tail;
    return index;
  }

  /** The text of all lines, of which nothing is kept here. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

/** The lines of a text, `count` at most. */
export function messageLines(text: string, count: number): string[] {
  return text.split('\n', count);
}

/** The frames of lines, one or several, still a line each. `cursor` is that of the first of those with which they were written. */
export function fillLines(lines: string, cursor: string): string {
  return lines.replaceAll(CURSOR_GAP, cursor);
}
