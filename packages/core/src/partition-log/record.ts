import { entryHead } from '../brokers/entry-head.ts';
import type { LogWork, NewEntry, Retention } from '../contracts/log.ts';

/** The most messages of one record: each has an index below 2^16 - 1. */
export const MAX_MESSAGES = 4_096;
/** What one record may hold, but for a single entry that is larger. */
const MAX_BYTES = 256 * 1024;
/** What a record has around its channels, and an entry around its text. */
const FRAME_BYTES = 64;
/** Longer texts are measured; of a shorter one it is taken that each character has three bytes of UTF-8, the most there are. */
const MAX_UNMEASURED = 4 * 1024;
/** What the first line of every record begins with. */
export const VERSION = '3';

/** An entry on its way, with the tag that its writer gave it. */
export interface RecordEntry extends NewEntry {
  readonly tag: string;
}

/** Entries of one channel in a record. */
export interface RecordPart {
  readonly channel: string;
  readonly retention: Retention;
  readonly entries: readonly RecordEntry[];
}

/** What one text of a partition says: what a node appended at once. */
export interface LogRecord {
  readonly writer: string;
  /** Rising for each writer: with it, a writer knows its own records. */
  readonly number: number;
  readonly parts: readonly RecordPart[];
}

/** Entries of one channel in a row: which of the tick's channels, which of its entries is the first, and how many. */
interface Run {
  readonly work: number;
  readonly from: number;
  count: number;
}

/** Entries of one record, written, and which of the work they are. */
export interface RecordDraft {
  /** The parts, as they stand in the record. */
  readonly body: string;
  readonly runs: readonly Run[];
}

/** Writes work as records, as few as may be. `indexes`: of which of `work`. */
export function draftRecords(
  work: readonly LogWork[],
  indexes: readonly number[],
  newTag: () => string,
): RecordDraft[] {
  const drafts: RecordDraft[] = [];
  let body = '';
  let bytes = FRAME_BYTES;
  let count = 0;
  let runs: Run[] = [];
  /** The entries of the part that is being written. */
  let written = '';
  let run: Run | undefined;
  const closePart = (): void => {
    if (run === undefined) return;
    const { channel, retention } = work[run.work]!;
    body += `${channel} ${retention.size} ${retention.ttlMs} ${run.count}\n${written}`;
    written = '';
    run = undefined;
  };
  const closeRecord = (): void => {
    closePart();
    if (runs.length > 0) drafts.push({ body, runs });
    body = '';
    bytes = FRAME_BYTES;
    count = 0;
    runs = [];
  };
  for (const index of indexes) {
    const { channel, entries } = work[index]!;
    for (let from = 0; from < entries.length; from++) {
      const entry = entries[from]!;
      const messages = entry.count ?? 1;
      const more = bytesOf(entry) + (run === undefined ? channel.length + FRAME_BYTES : 0);
      if (count > 0 && (bytes + more > MAX_BYTES || count + messages > MAX_MESSAGES)) closeRecord();
      if (run === undefined) runs.push((run = { work: index, from, count: 0 }));
      written += writeEntry(entry, newTag());
      run.count++;
      bytes += more;
      count += messages;
    }
    closePart();
  }
  closeRecord();
  return drafts;
}

/** The text of a record. */
export function encodeRecord(writer: string, number: number, body: string): string {
  return `${VERSION} ${writer} ${number}\n${body}`;
}

/** A record of nothing, which is read like any other. */
export function emptyRecord(writer: string): string {
  return encodeRecord(writer, 0, '');
}

/** Its length is told ahead, so that nothing in a text has to be escaped: that would be most of the work, on every node. */
function writeEntry(entry: NewEntry, tag: string): string {
  const { text, id, except } = entry;
  const head = entryHead(tag, entry);
  if (id === undefined && except === undefined) return `${head}\n${text}`;
  return `${head} ${fieldOf(id)} ${fieldOf(except)}\n${text}`;
}

/** In a line of its own and between spaces: `=` and the value, or nothing where there is none. */
function fieldOf(value: string | undefined): string {
  return value === undefined ? '' : `=${encodeURIComponent(value)}`;
}

function bytesOf({ text }: NewEntry): number {
  return FRAME_BYTES + (text.length > MAX_UNMEASURED ? Buffer.byteLength(text) : text.length * 3);
}
