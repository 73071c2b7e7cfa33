import { EntryHead } from '../brokers/entry-head.ts';
import { MAX_MESSAGES, VERSION } from './record.ts';
import type { LogRecord, RecordEntry, RecordPart } from './record.ts';

const HEAD = /^(\d{1,4}) ([\w-]{1,64}) (\d{1,16})$/;
const PART = /^(\S{1,1024}) (\d{1,16}) (\d{1,16}) (\d{1,4})$/;
/** What follows an entry's length where it has a publish id or somebody who must not get it. */
const FIELDS = /^(?:=(\S*))? (?:=(\S*))?$/;
/** Longer than any line of ours; what has no end by then is none. */
const MAX_LINE_LENGTH = 4_096;

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

/** Reads one record from its beginning to its end. */
class RecordReader {
  readonly #text: string;
  readonly #entryHead = new EntryHead();
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
      for (const entry of part.entries) count += entry.count ?? 1;
      parts.push(part);
    }
    return count > MAX_MESSAGES ? undefined : { writer: head[2]!, number, parts };
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
    const head = this.#entryHead;
    if (!head.read(this.#text, this.#at)) return undefined;
    this.#at = head.end;
    const { tag, count, length } = head;
    let [id, except]: readonly [string?, string?] = [];
    if (head.hasMore) {
      const fields = FIELDS.exec(this.#line());
      if (fields === null) return undefined;
      [id, except] = [decoded(fields[1]), decoded(fields[2])];
    }
    const from = this.#at;
    this.#at += length;
    return this.#at > this.#text.length
      ? undefined
      : { text: this.#text.slice(from, this.#at), count, tag, id, except };
  }
}

function decoded(field: string | undefined): string | undefined {
  return field === undefined ? undefined : decodeURIComponent(field);
}
