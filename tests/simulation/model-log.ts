import { DEDUPE_WINDOW_MS, singleEntries } from '@rt/core';
import type { Entry, LogPage, LogRead, NewEntry, Retention } from '@rt/core';
import type { Position } from '@rt/protocol';

interface Kept extends Entry {
  readonly at: number;
  readonly id: string | undefined;
}

/** What a log lost: places that were given and are no longer, and where it goes on. */
export interface Loss {
  readonly reason: 'diverged' | 'epoch';
  readonly channel: string;
  readonly places: readonly Position[];
  readonly at: Position;
}

/** One channel's log as the model broker keeps it: it can lose its tail, its beginning, or everything. */
export class ModelLog {
  readonly #channel: string;
  readonly #newName: () => string;
  #epoch: string;
  /** All of this epoch, trimmed ones too: `#first` is the index of the oldest that is kept. Offset = index + 1. */
  #all: Kept[] = [];
  #first = 0;
  #retention: Retention = { size: Infinity, ttlMs: Infinity };
  /** How often something was lost. */
  losses = 0;
  #published = new Map<string, { readonly at: number; readonly position: Position }>();

  /** `newName` never gives the same text twice: epochs and tags are told apart by it. */
  constructor(channel: string, newName: () => string) {
    this.#channel = channel;
    this.#newName = newName;
    this.#epoch = newName();
  }

  get head(): Position {
    return this.#placeOf(this.#all.length);
  }

  /** `entry` is absent where the publish id is known. */
  append(
    { text, count = 1, id, except }: NewEntry,
    retention: Retention,
    now: number,
  ): { position: Position; entry?: Entry } {
    this.#retention = retention;
    const known = id === undefined ? undefined : this.#published.get(id);
    if (known !== undefined && now - known.at < DEDUPE_WINDOW_MS) return { position: known.position };
    const { epoch, offset, tag: previousTag } = this.head;
    const entry: Entry = { offset: offset + 1, count, tag: this.#newName(), previousTag, except, text };
    for (const single of singleEntries(entry)) this.#all.push({ ...single, at: now, id });
    const position = { epoch, offset: entry.offset, tag: entry.tag };
    if (id !== undefined) this.#published.set(id, { at: now, position });
    this.trim(now);
    return { position, entry: count === 1 ? this.#all.at(-1)! : entry };
  }

  trim(now: number): void {
    const { size, ttlMs } = this.#retention;
    this.#first = Math.max(this.#first, this.#all.length - size);
    while (this.#first < this.#all.length && now - this.#all[this.#first]!.at >= ttlMs) this.#first++;
  }

  read({ after, before, limit }: LogPage, now: number): LogRead {
    this.trim(now);
    const end = this.#all.length;
    if (after === undefined) {
      const isOurs = before === undefined || before.epoch === this.#epoch;
      const last = before === undefined ? end : Math.min(end, Math.max(this.#first, before.offset - 1));
      return this.#page(isOurs ? Math.max(this.#first, last - limit) : last, last, isOurs ? 'contiguous' : 'new-epoch');
    }
    if (after.epoch !== this.#epoch) return this.#page(this.#first, Math.min(end, this.#first + limit), 'new-epoch');
    if (after.offset < this.#first) return this.#page(this.#first, Math.min(end, this.#first + limit), 'trimmed');
    if (after.offset > end || this.#placeOf(after.offset).tag !== after.tag) return this.#page(end, end, 'diverged');
    return this.#page(after.offset, Math.min(end, after.offset + limit), 'contiguous');
  }

  /** A replica takes over that had not heard of the newest `count` yet, nor of their publish ids. */
  loseTail(count: number): Loss | undefined {
    const lost = this.#all.slice(Math.max(this.#first, this.#all.length - count));
    if (lost.length === 0) return undefined;
    const places = lost.map(({ offset }) => this.#placeOf(offset));
    this.#all.length -= lost.length;
    this.losses++;
    for (const { id } of lost) if (id !== undefined) this.#published.delete(id);
    return { reason: 'diverged', channel: this.#channel, places, at: this.head };
  }

  /** Nothing was written to a disk. */
  loseAll(): Loss {
    const places = this.#all.map(({ offset }) => this.#placeOf(offset));
    this.#all = [];
    this.losses++;
    this.#first = 0;
    this.#published = new Map();
    this.#epoch = this.#newName();
    return { reason: 'epoch', channel: this.#channel, places, at: this.head };
  }

  #placeOf(offset: number): Position {
    return { epoch: this.#epoch, offset, tag: this.#all[offset - 1]?.tag ?? '0' };
  }

  #page(start: number, end: number, proof: LogRead['proof']): LogRead {
    const entries = this.#all.slice(start, end);
    return { epoch: this.#epoch, entries, start: this.#placeOf(start), head: this.head, proof };
  }
}
