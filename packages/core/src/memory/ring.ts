import type { Position } from '@rt/protocol';
import { DEDUPE_WINDOW_MS } from '../contracts/log.ts';
import type { Entry, LogPage, LogRead, NewEntry, Retention } from '../contracts/log.ts';

interface Kept extends Entry {
  readonly at: number;
}

/** What an entry costs beside its text: objects and numbers, roughly. */
const ENTRY_OVERHEAD_BYTES = 160;

/** The recent entries of one channel, in one epoch. Times are a monotonic clock's. */
export class Ring {
  readonly epoch: string;
  /** Bytes of the entries kept. */
  bytes = 0;
  #entries: Kept[] = [];
  /** Entries before this index are gone; the array is cut when they are the larger half. */
  #first = 0;
  #offset = 0;
  #tag = '0';
  #retention: Retention = { size: 0, ttlMs: 0 };
  readonly #published = new Map<string, { readonly at: number; readonly position: Position }>();

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  get head(): Position {
    return { epoch: this.epoch, offset: this.#offset, tag: this.#tag };
  }

  /** Nothing would be lost with this ring but its epoch. */
  get isEmpty(): boolean {
    return this.#first === this.#entries.length && this.#published.size === 0;
  }

  /** Stores an entry, or finds that its publish id is known: then `entry` is absent. */
  append({ text, id, except }: NewEntry, retention: Retention, now: number): { position: Position; entry?: Entry } {
    this.#retention = retention;
    const known = id === undefined ? undefined : this.#published.get(id);
    if (known !== undefined && now - known.at < DEDUPE_WINDOW_MS) return { position: known.position };
    const entry: Kept = { offset: ++this.#offset, tag: newTag(), previousTag: this.#tag, except, text, at: now };
    this.#tag = entry.tag;
    this.#entries.push(entry);
    this.bytes += sizeOf(entry);
    const position = this.head;
    if (id !== undefined) {
      // Behind the others again, so that they stay in the order of their times.
      this.#published.delete(id);
      this.#published.set(id, { at: now, position });
    }
    this.trim(now);
    return { position, entry };
  }

  /** Lets go of what is beyond the retention and of publish ids that are out of their window. */
  trim(now: number): void {
    const { size, ttlMs } = this.#retention;
    while (this.#entries.length - this.#first > size || this.#isExpired(now, ttlMs)) this.#shift();
    for (const [id, { at }] of this.#published) {
      if (now - at < DEDUPE_WINDOW_MS) break;
      this.#published.delete(id);
    }
  }

  /** Lets go of every entry, to make room for other channels. Places and publish ids stay known. */
  clear(): void {
    while (this.#first < this.#entries.length) this.#shift();
  }

  read({ after, before, limit }: LogPage, now: number): LogRead {
    this.trim(now);
    if (after !== undefined) return this.#readAfter(after, limit);
    const end = before === undefined ? this.#entries.length : this.#indexOf(before.offset);
    const isOurs = before === undefined || before.epoch === this.epoch;
    return this.#result(isOurs ? Math.max(this.#first, end - limit) : end, end, isOurs ? 'contiguous' : 'new-epoch');
  }

  #readAfter(after: Position, limit: number): LogRead {
    const proof = this.#proofOf(after);
    if (proof === 'diverged') return this.#result(this.#entries.length, this.#entries.length, proof);
    const start = proof === 'contiguous' ? this.#indexOf(after.offset + 1) : this.#first;
    return this.#result(start, Math.min(this.#entries.length, start + limit), proof);
  }

  #proofOf({ epoch, offset, tag }: Position): LogRead['proof'] {
    if (epoch !== this.epoch) return 'new-epoch';
    if (offset > this.#offset) return 'diverged';
    if (offset === this.#offset) return tag === this.#tag ? 'contiguous' : 'diverged';
    const next = this.#entries[this.#indexOf(offset + 1)];
    if (next?.offset !== offset + 1) return 'trimmed';
    return next.previousTag === tag ? 'contiguous' : 'diverged';
  }

  #result(start: number, end: number, proof: LogRead['proof']): LogRead {
    const first = this.#entries[start];
    const at: Position =
      first === undefined ? this.head : { epoch: this.epoch, offset: first.offset - 1, tag: first.previousTag };
    return { epoch: this.epoch, entries: this.#entries.slice(start, end), start: at, head: this.head, proof };
  }

  /** Offsets of kept entries have no holes, so the place of one follows from the first. */
  #indexOf(offset: number): number {
    const first = this.#entries[this.#first];
    if (first === undefined) return this.#entries.length;
    return Math.min(this.#entries.length, Math.max(this.#first, this.#first + offset - first.offset));
  }

  #isExpired(now: number, ttlMs: number): boolean {
    const first = this.#entries[this.#first];
    return first !== undefined && now - first.at >= ttlMs;
  }

  #shift(): void {
    this.bytes -= sizeOf(this.#entries[this.#first]!);
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
function newTag(): string {
  return Math.floor(Math.random() * 46_656).toString(36);
}
