import { MAX_ENTRIES, VERSION } from './record.ts';
import type { LogRecord, RecordEntry, RecordPart } from './record.ts';

const HEAD = /^(\d{1,4}) ([\w-]{1,64}) (\d{1,16})$/;
const PART = /^(\S{1,1024}) (\d{1,16}) (\d{1,16}) (\d{1,4})$/;
/** What follows an entry's length where it has a publish id or somebody who must not get it. */
const FIELDS = /^(?:=(\S*))? (?:=(\S*))?$/;
/** Longer than any line of ours; what has no end by then is none. */
const MAX_LINE_LENGTH = 4_096;
/** What a cursor may hold. */
const MAX_TAG_LENGTH = 16;
const MAX_DIGITS = 10;
const [SPACE, LINE_END, ZERO, NINE] = [0x20, 0x0a, 0x30, 0x39];

/** What a text says, or `undefined` where no node of this version can have written it. */
export function decodeRecord(text: string): LogRecord | undefined {
  try {
    return new RecordReader(text).read();
  } catch (error) {
    // What is no text in an encoded field.
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** Entries are looked at letter by letter, because this runs for every message on every node: a regular expression takes twice as long. */
class RecordReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): LogRecord | undefined {
    const head = HEAD.exec(this.#line());
    if (head?.[1] !== VERSION) return undefined;
    const number = Number(head[3]);
    if (!Number.isSafeInteger(number)) return undefined;
    const parts: RecordPart[] = [];
    let count = 0;
    while (this.#at < this.#text.length) {
      const part = this.#part();
      if (part === undefined) return undefined;
      count += part.entries.length;
      parts.push(part);
    }
    return count > MAX_ENTRIES ? undefined : { writer: head[2]!, number, parts };
  }

  /** The rest of the line, which ends; empty where it does not. */
  #line(): string {
    const from = this.#at;
    const end = this.#text.indexOf('\n', from);
    if (end < 0 || end - from > MAX_LINE_LENGTH) return '';
    this.#at = end + 1;
    return this.#text.slice(from, end);
  }

  #part(): RecordPart | undefined {
    const head = PART.exec(this.#line());
    if (head === null) return undefined;
    const [size, ttlMs] = [Number(head[2]), Number(head[3])];
    if (!Number.isSafeInteger(size) || !Number.isSafeInteger(ttlMs)) return undefined;
    const entries: RecordEntry[] = [];
    for (let left = Number(head[4]); left > 0; left--) {
      const entry = this.#entry();
      if (entry === undefined) return undefined;
      entries.push(entry);
    }
    return { channel: head[1]!, retention: { size, ttlMs }, entries };
  }

  #entry(): RecordEntry | undefined {
    const text = this.#text;
    const from = this.#at;
    let at = from;
    while (isLetter(text.charCodeAt(at))) at++;
    if (at === from || at - from > MAX_TAG_LENGTH || text.charCodeAt(at) !== SPACE) return undefined;
    const tag = text.slice(from, at);
    const digits = ++at;
    let length = 0;
    let code = text.charCodeAt(at);
    while (code >= ZERO && code <= NINE) {
      length = length * 10 + code - ZERO;
      code = text.charCodeAt(++at);
    }
    if (at === digits || at - digits > MAX_DIGITS) return undefined;
    let [id, except]: readonly [string?, string?] = [];
    if (code === SPACE) {
      this.#at = at + 1;
      const fields = FIELDS.exec(this.#line());
      if (fields === null) return undefined;
      [id, except] = [decoded(fields[1]), decoded(fields[2])];
      at = this.#at;
    } else if (code === LINE_END) at++;
    else return undefined;
    const end = at + length;
    if (end > text.length) return undefined;
    this.#at = end;
    return { text: text.slice(at, end), tag, id, except };
  }
}

function decoded(field: string | undefined): string | undefined {
  return field === undefined ? undefined : decodeURIComponent(field);
}

/** Of the base64url alphabet. */
function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (code >= ZERO && code <= NINE) || code === 0x2d || code === 0x5f;
}
