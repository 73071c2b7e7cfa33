import type { Position } from '@rt/protocol';
import type { Entry, LogPage, LogRead, NewEntry, Retention } from '../contracts/log.ts';
import { PublishIds } from './publish-ids.ts';

interface Kept extends Entry {
  readonly at: number;
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
  #first = 0;
  /** Every entry behind this offset is kept. */
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
    return this.#first === this.#entries.length && this.#ids.size === 0;
  }

  /**
   * Stores an entry, or finds that its publish id is known: then `entry` is absent. `place` is where it is, where offsets come
   * from outside.
   */
  append(
    { text, id, except }: NewEntry,
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
    const entry: Kept = { offset, tag: place?.tag ?? newTag(), previousTag: this.#tag, except, text, at: now };
    this.#offset = offset;
    this.#tag = entry.tag;
    this.newestAt = now;
    this.#entries.push(entry);
    this.bytes += sizeOf(entry);
    const position = this.head;
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
    while (this.#entries.length - this.#first > size || this.#isExpired(now, ttlMs)) this.#shift();
  }

  /** Lets go of publish ids that are out of their window. */
  forgetIds(now: number): void {
    this.#ids.forget(now);
  }

  /** Lets go of every entry, to make room for other channels. Places and publish ids stay known. */
  clear(): void {
    while (this.#first < this.#entries.length) this.#shift();
  }

  /** `end`: no place is behind this offset. Default: behind the newest one that this ring knows. */
  read({ after, before, limit }: LogPage, now: number, end: number = this.#offset): LogRead {
    this.trim(now);
    if (after !== undefined) return this.#readAfter(after, limit, end);
    const last = before === undefined ? this.#entries.length : this.#indexOf(before.offset);
    const isOurs = before === undefined || before.epoch === this.epoch;
    return this.#result(isOurs ? Math.max(this.#first, last - limit) : last, last, isOurs ? 'contiguous' : 'new-epoch');
  }

  #readAfter(after: Position, limit: number, end: number): LogRead {
    const proof = this.#proofOf(after, end);
    if (proof === 'diverged') return this.#result(this.#entries.length, this.#entries.length, proof);
    const start = proof === 'contiguous' ? this.#indexOf(after.offset + 1) : this.#first;
    return this.#result(start, Math.min(this.#entries.length, start + limit), proof);
  }

  #proofOf({ epoch, offset, tag }: Position, end: number): LogRead['proof'] {
    if (epoch !== this.epoch) return 'new-epoch';
    if (offset > end) return 'diverged';
    if (offset < this.#floor) return 'trimmed';
    const next = this.#indexOf(offset + 1);
    const tagThere = this.#entries[next]?.previousTag ?? this.#tag;
    if (this.#outside === undefined) return tag === tagThere ? 'contiguous' : 'diverged';
    const hasEntry = offset === this.#floor || (next > this.#first && this.#entries[next - 1]!.offset === offset);
    if (!hasEntry && !this.#outside.isBetween(offset)) return 'diverged';
    return tag === tagThere || tag === '' || tagThere === '' ? 'contiguous' : 'diverged';
  }

  #result(start: number, end: number, proof: LogRead['proof']): LogRead {
    return {
      epoch: this.epoch,
      entries: this.#entries.slice(start, end),
      start: this.#before(start),
      head: this.head,
      proof,
    };
  }

  /** The place before the entry at `index`. */
  #before(index: number): Position {
    const entry = this.#entries[index];
    if (entry === undefined) return this.head;
    const offset = index > this.#first ? this.#entries[index - 1]!.offset : this.#floor;
    return { epoch: this.epoch, offset, tag: entry.previousTag };
  }

  /** The index of the first kept entry whose offset is not smaller. */
  #indexOf(offset: number): number {
    let low = this.#first;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isExpired(now: number, ttlMs: number): boolean {
    const first = this.#entries[this.#first];
    return first !== undefined && now - first.at >= ttlMs;
  }

  #shift(): void {
    const gone = this.#entries[this.#first]!;
    this.bytes -= sizeOf(gone);
    this.#floor = gone.offset;
    this.#first++;
    if (this.#first * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }
}

function sizeOf(entry: Entry): number {
  return entry.text.length + ENTRY_OVERHEAD_BYTES;
}

/** Tells two entries apart that got the same offset in different histories of one log. */
export function newTag(): string {
  return Math.floor(Math.random() * 46_656).toString(36);
}
