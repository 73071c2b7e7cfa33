import type { Position } from '@rt/protocol';
import type { Entry, LogPage, LogRead, NewEntry, Retention } from '../contracts/log.ts';
import { lastOffset, singleEntries } from '../brokers/single-entries.ts';
import { PublishIds } from './publish-ids.ts';

interface Kept extends Entry {
  readonly count: number;
  readonly at: number;
  /** How many messages came before its first, since the ring began. */
  readonly ordinal: number;
}

/** What an entry costs beside its text: objects and numbers, roughly. */
const ENTRY_OVERHEAD_BYTES = 160;

/** What a ring is told whose offsets come from outside. */
export interface Outside {
  /** Every entry behind this offset is known. */
  readonly floor: number;
  /** Whether a place may be at an offset that no entry has: there it has the tag of the entry before. */
  readonly isBetween: (offset: number) => boolean;
}

/**
 * The recent entries of one channel, in one epoch. Times are those of one clock, whichever that is.
 *
 * What was appended as one is kept as one, whole as long as one of its messages is: messages are counted by their ordinals.
 *
 * By itself it counts offsets from 1 on. With `Outside` they are given and have holes, and of what was before its floor it knows
 * nothing: the tag is empty where it is not known, and is then no proof of anything. The window of a publish id begins again with each
 * copy then: so what is decided about a copy depends on the last two minutes alone, wherever the reading began.
 */
export class Ring {
  readonly epoch: string;
  /** Bytes of the entries kept. */
  bytes = 0;
  /** When the newest entry came, or `undefined` where none ever did. */
  newestAt: number | undefined;
  readonly #outside: Outside | undefined;
  #entries: Kept[] = [];
  /** Entries before this index are gone; the array is cut when they are the larger half. */
  #firstEntry = 0;
  /** The ordinals of the oldest message that is kept, which may be in the middle of its entry, and of the next that comes. */
  #first = 0;
  #next = 0;
  /** Every message behind this offset is kept. */
  #floor: number;
  #offset: number;
  #tag: string;
  #retention: Retention = { size: 0, ttlMs: 0 };
  readonly #ids = new PublishIds();

  constructor(epoch: string, outside?: Outside) {
    this.epoch = epoch;
    this.#outside = outside;
    this.#floor = outside?.floor ?? 0;
    this.#offset = this.#floor;
    this.#tag = outside === undefined ? '0' : '';
  }

  get head(): Position {
    return { epoch: this.epoch, offset: this.#offset, tag: this.#tag };
  }

  /** Nothing would be lost with this ring but its epoch and its places. */
  get isEmpty(): boolean {
    return this.#first === this.#next && this.#ids.size === 0;
  }

  /**
   * Stores an entry, or finds that its publish id is known: then `entry` is absent. `position` is the place of its first message. `place` is
   * where that is, where offsets come from outside.
   */
  append(
    { text, count = 1, id, except }: NewEntry,
    retention: Retention,
    now: number,
    place?: { readonly offset: number; readonly tag: string },
  ): { position: Position; entry?: Entry } {
    this.#retention = retention;
    const known = id === undefined ? undefined : this.#ids.find(id, now);
    if (known !== undefined) {
      if (this.#outside !== undefined) this.#ids.set(id!, known, now);
      return { position: known };
    }
    const offset = place?.offset ?? this.#offset + 1;
    const tag = place?.tag ?? newTag();
    const previousTag = this.#tag;
    const entry: Kept = { offset, count, tag, previousTag, except, text, at: now, ordinal: this.#next };
    this.#offset = offset + count - 1;
    this.#tag = tag;
    this.newestAt = now;
    this.#next += count;
    this.#entries.push(entry);
    this.bytes += sizeOf(entry);
    const position = { epoch: this.epoch, offset, tag };
    if (id !== undefined) this.#ids.set(id, position, now);
    this.trim(now);
    this.forgetIds(now);
    return { position, entry };
  }

  /** The newest place is at `offset` now, though no entry is there. Only where offsets come from outside. */
  advance(offset: number): void {
    this.#offset = Math.max(this.#offset, offset);
  }

  /** Every entry behind `floor` is known from now on, and nothing of those before. Only where offsets come from outside. */
  beginAt(floor: number): void {
    this.clear();
    this.#floor = floor;
    this.#offset = floor;
    this.#tag = '';
    this.newestAt = undefined;
  }

  /** Lets go of what is beyond the retention. */
  trim(now: number): void {
    const { size, ttlMs } = this.#retention;
    while (this.#isExpired(now, ttlMs)) this.#shift();
    this.#letGo(this.#next - size);
  }

  /** Lets go of publish ids that are out of their window. */
  forgetIds(now: number): void {
    this.#ids.forget(now);
  }

  /** Lets go of every entry, to make room for other channels. Places and publish ids stay known. */
  clear(): void {
    while (this.#first < this.#next) this.#shift();
  }

  /** Messages as entries of one each. `end`: no place is behind this offset. Default: behind the newest one that this ring knows. */
  read({ after, before, limit }: LogPage, now: number, end: number = this.#offset): LogRead {
    this.trim(now);
    if (after !== undefined) return this.#readAfter(after, limit, end);
    const last = before === undefined ? this.#next : this.#ordinalFrom(before.offset);
    const isOurs = before === undefined || before.epoch === this.epoch;
    return this.#result(isOurs ? Math.max(this.#first, last - limit) : last, last, isOurs ? 'contiguous' : 'new-epoch');
  }

  #readAfter(after: Position, limit: number, end: number): LogRead {
    const proof = this.#proofOf(after, end);
    if (proof === 'diverged') return this.#result(this.#next, this.#next, proof);
    const start = proof === 'contiguous' ? this.#ordinalFrom(after.offset + 1) : this.#first;
    return this.#result(start, Math.min(this.#next, start + limit), proof);
  }

  #proofOf({ epoch, offset, tag }: Position, end: number): LogRead['proof'] {
    if (epoch !== this.epoch) return 'new-epoch';
    if (offset > end) return 'diverged';
    if (offset < this.#floor) return 'trimmed';
    const next = this.#ordinalFrom(offset + 1);
    const tagThere = this.#before(next).tag;
    if (this.#outside === undefined) return tag === tagThere ? 'contiguous' : 'diverged';
    const hasEntry = offset === this.#floor || (next > this.#first && this.#offsetOf(next - 1) === offset);
    if (!hasEntry && !this.#outside.isBetween(offset)) return 'diverged';
    return tag === tagThere || tag === '' || tagThere === '' ? 'contiguous' : 'diverged';
  }

  /** The messages from one ordinal to another. */
  #result(from: number, to: number, proof: LogRead['proof']): LogRead {
    const entries: Entry[] = [];
    for (let index = this.#indexOf(from); index < this.#entries.length; index++) {
      const entry = this.#entries[index]!;
      if (entry.ordinal >= to) break;
      const singles = singleEntries(entry);
      const isWhole = entry.ordinal >= from && entry.ordinal + entry.count <= to;
      entries.push(...(isWhole ? singles : singles.slice(Math.max(0, from - entry.ordinal), to - entry.ordinal)));
    }
    return { epoch: this.epoch, entries, start: this.#before(from), head: this.head, proof };
  }

  /** The place before the message with this ordinal. */
  #before(ordinal: number): Position {
    const { epoch } = this;
    const entry = this.#entries[this.#indexOf(ordinal)];
    if (entry === undefined) return this.head;
    const offset = ordinal > this.#first ? this.#offsetOf(ordinal - 1) : this.#floor;
    return { epoch, offset, tag: ordinal > entry.ordinal ? entry.tag : entry.previousTag };
  }

  /** The offset of a message that is kept. */
  #offsetOf(ordinal: number): number {
    const entry = this.#entries[this.#indexOf(ordinal)]!;
    return entry.offset + ordinal - entry.ordinal;
  }

  /** The ordinal of the first message that is kept and whose offset is not smaller. */
  #ordinalFrom(offset: number): number {
    const entry = this.#entries[this.#search((kept) => lastOffset(kept) >= offset)];
    if (entry === undefined) return this.#next;
    return Math.max(this.#first, entry.ordinal + Math.max(0, offset - entry.offset));
  }

  /** The index of the entry that has a message. */
  #indexOf(ordinal: number): number {
    return this.#search((kept) => kept.ordinal + kept.count > ordinal);
  }

  /** The index of the first entry for which `isThere` holds, as it then does for all that follow. */
  #search(isThere: (entry: Kept) => boolean): number {
    let low = this.#firstEntry;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isThere(this.#entries[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #isExpired(now: number, ttlMs: number): boolean {
    const first = this.#entries[this.#firstEntry];
    return first !== undefined && now - first.at >= ttlMs;
  }

  /** Lets go of the messages before an ordinal. */
  #letGo(ordinal: number): void {
    let first = this.#entries[this.#firstEntry];
    while (first !== undefined && first.ordinal + first.count <= ordinal) {
      this.#shift();
      first = this.#entries[this.#firstEntry];
    }
    if (first === undefined || ordinal <= this.#first) return;
    this.#first = ordinal;
    this.#floor = first.offset + ordinal - first.ordinal - 1;
  }

  #shift(): void {
    const gone = this.#entries[this.#firstEntry]!;
    this.bytes -= sizeOf(gone);
    this.#floor = lastOffset(gone);
    this.#first = gone.ordinal + gone.count;
    this.#firstEntry++;
    if (this.#firstEntry * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#firstEntry);
    this.#firstEntry = 0;
  }
}

function sizeOf(entry: Entry): number {
  return entry.text.length + ENTRY_OVERHEAD_BYTES;
}

/** Tells two entries apart that got the same offset in different histories of one log. */
export function newTag(): string {
  return Math.floor(Math.random() * 46_656).toString(36);
}
