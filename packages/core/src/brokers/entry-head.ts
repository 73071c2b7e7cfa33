import { MAX_LINES } from '@rt/protocol';
import type { NewEntry } from '../contracts/log.ts';

const [SPACE, LINE_END, ZERO, NINE] = [0x20, 0x0a, 0x30, 0x39];
/** What a cursor may hold. */
const MAX_TAG_LENGTH = 16;
const MAX_DIGITS = 10;

/**
 * How an entry begins where entries stand one behind the other: `<tag> <messages> <length>` and the end of the line, or a space and more.
 * Read letter by letter, because this runs for every message on every node: a regular expression takes twice as long. For the same reason
 * one of these reads one entry after the other.
 */
export class EntryHead {
  /** The entry's tag. */
  tag = '';
  /** How many messages it is. */
  count = 0;
  /** Of the text that follows the line, in characters. */
  length = 0;
  /** Whether the line goes on. */
  hasMore = false;
  /** Where it goes on, or the next one begins. */
  end = 0;

  /** Reads the head at `from`; false where there is none. */
  read(text: string, from: number): boolean {
    let at = from;
    while (isLetter(text.charCodeAt(at))) at++;
    if (at === from || at - from > MAX_TAG_LENGTH || text.charCodeAt(at) !== SPACE) return false;
    const tagEnd = at;
    this.end = at + 1;
    this.count = this.#number(text);
    if (this.count < 1 || this.count > MAX_LINES || text.charCodeAt(this.end - 1) !== SPACE) return false;
    this.length = this.#number(text);
    // Lines are separated by one character each.
    if (this.length < this.count - 1) return false;
    this.tag = text.slice(from, tagEnd);
    this.hasMore = text.charCodeAt(this.end - 1) === SPACE;
    return true;
  }

  /** The number at `end`, which moves behind it and the one character that follows; -1 where there is none. */
  #number(text: string): number {
    const from = this.end;
    let at = from;
    let number = 0;
    let code = text.charCodeAt(at);
    while (code >= ZERO && code <= NINE) {
      number = number * 10 + code - ZERO;
      code = text.charCodeAt(++at);
    }
    this.end = at + 1;
    return at === from || at - from > MAX_DIGITS || (code !== SPACE && code !== LINE_END) ? -1 : number;
  }
}

/** What `EntryHead` reads, up to the end of the line or what else is in it. */
export function entryHead(tag: string, { text, count = 1 }: Pick<NewEntry, 'text' | 'count'>): string {
  return `${tag} ${count} ${text.length}`;
}

/** Of the base64url alphabet. */
function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (code >= ZERO && code <= NINE) || code === 0x2d || code === 0x5f;
}
