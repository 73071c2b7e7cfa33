import type { LogWork, NewEntry, Retention } from '../contracts/log.ts';

/** The most entries of one record: each has an index below 2^16 - 1. */
const MAX_ENTRIES = 4_096;
/** What one record may hold, but for a single entry that is larger. */
const MAX_BYTES = 256 * 1024;
/** What a record has around its channels. */
const FRAME_BYTES = 64;

/** An entry on its way, with the tag that its writer gave it. */
interface RecordEntry extends NewEntry {
  readonly tag: string;
}

/** Entries of one channel in a record. */
interface RecordPart {
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

/** Entries of one record, written, and which of the work they are. */
export interface RecordDraft {
  /** The parts, as they stand in the record. */
  readonly body: string;
  /** For each entry: which of the tick's channels, and which of that channel's entries. */
  readonly origins: readonly (readonly [work: number, entry: number])[];
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
  let origins: [number, number][] = [];
  let isOpen = false;
  const closePart = (): void => {
    if (isOpen) body += ']]';
    isOpen = false;
  };
  const closeRecord = (): void => {
    closePart();
    if (origins.length > 0) drafts.push({ body, origins });
    body = '';
    bytes = FRAME_BYTES;
    origins = [];
  };
  for (const index of indexes) {
    const { channel, entries, retention } = work[index]!;
    const head = `[${JSON.stringify(channel)},${retention.size},${retention.ttlMs},[`;
    entries.forEach((entry, position) => {
      const written = writeEntry(entry, newTag());
      const more = Buffer.byteLength(written) + head.length + 8;
      if (origins.length > 0 && (bytes + more > MAX_BYTES || origins.length >= MAX_ENTRIES)) closeRecord();
      if (isOpen) body += ',';
      else body += body === '' ? head : `,${head}`;
      isOpen = true;
      body += written;
      bytes += more;
      origins.push([index, position]);
    });
    closePart();
  }
  closeRecord();
  return drafts;
}

/** The text of a record. */
export function encodeRecord(writer: string, number: number, body: string): string {
  return `[1,"${writer}",${number},[${body}]]`;
}

function writeEntry({ text, id, except }: NewEntry, tag: string): string {
  const start = `[${JSON.stringify(text)},"${tag}"`;
  if (except !== undefined) return `${start},${JSON.stringify(id ?? null)},${JSON.stringify(except)}]`;
  return id === undefined ? `${start}]` : `${start},${JSON.stringify(id)}]`;
}

/** What a text says, or `undefined` where no node of this version can have written it. */
export function decodeRecord(text: string): LogRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isList(value) || value.length !== 4) return undefined;
  const [version, writer, number, rawParts] = value;
  if (version !== 1 || typeof writer !== 'string' || !isCount(number) || !isList(rawParts)) return undefined;
  const parts: RecordPart[] = [];
  let count = 0;
  for (const raw of rawParts) {
    const part = parsePart(raw);
    if (part === undefined) return undefined;
    count += part.entries.length;
    parts.push(part);
  }
  return count > MAX_ENTRIES ? undefined : { writer, number, parts };
}

function parsePart(raw: unknown): RecordPart | undefined {
  if (!isList(raw) || raw.length !== 4) return undefined;
  const [channel, size, ttlMs, rawEntries] = raw;
  if (typeof channel !== 'string' || channel === '' || !isCount(size) || !isCount(ttlMs) || !isList(rawEntries)) {
    return undefined;
  }
  const entries: RecordEntry[] = [];
  for (const entry of rawEntries) {
    if (!isList(entry)) return undefined;
    const [text, tag, id = null, except = null] = entry;
    if (typeof text !== 'string' || typeof tag !== 'string' || !TAG.test(tag)) return undefined;
    if (!isTextOrNull(id) || !isTextOrNull(except)) return undefined;
    entries.push({ text, tag, id: id ?? undefined, except: except ?? undefined });
  }
  return { channel, retention: { size, ttlMs }, entries };
}

/** What a cursor may hold. */
const TAG = /^[A-Za-z0-9_-]{1,16}$/;

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
