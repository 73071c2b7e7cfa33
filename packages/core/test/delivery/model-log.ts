import { singleEntries } from '@rt/core';
import type { Entry, GapReason, LogPage, LogRead, LogReader } from '@rt/core';
import { cursorSuffix, formatCursor } from '@rt/protocol';
import type { Position } from '@rt/protocol';

export interface AppendOptions {
  readonly step: number;
  readonly except: string | undefined;
  readonly isOne: boolean;
}

/** What a follower is handed, in order. */
export type Handed = readonly Entry[] | { readonly reason: GapReason; readonly at: Position };

interface Asked {
  readonly page: LogPage;
  /** The answer as of when it was asked. */
  readonly atFirst: LogRead;
  readonly answer: (read: LogRead) => void;
}

/**
 * A log made of a plain list, with everything that may go wrong with one: what follows it and what reads it gets its answers
 * when the test says so. It remembers which place comes after which, whatever becomes of them.
 */
export class ModelLog implements LogReader {
  /** The cursor before each entry that there ever was. */
  readonly before = new Map<string, string>();
  /** All places that there ever were. */
  readonly places: Position[] = [];
  /** What the follower was not handed yet. */
  readonly queue: Handed[] = [];
  /** Whether anything was ever lost, so that there may be gaps. */
  isLossy = false;
  #epoch = 0;
  #tags = 0;
  #kept: { readonly entry: Entry; readonly start: Position }[] = [];
  #head: Position;
  #asked: Asked[] = [];

  constructor() {
    this.#head = this.#begin();
  }

  get head(): Position {
    return this.#head;
  }

  get askedCount(): number {
    return this.#asked.length;
  }

  /**
   * Appends `count` messages, which are handed on together; the last one is not for `except`. Those that are for all are one entry, or
   * one each, `step` offsets apart.
   */
  append(count: number, { step, except, isOne }: AppendOptions): void {
    const forAll = except === undefined ? count : count - 1;
    const counts = isOne && forAll > 0 ? [forAll] : Array<number>(forAll).fill(1);
    if (except !== undefined && count > 0) counts.push(1);
    const batch = counts.map((messages, index): Entry => {
      const { offset, tag: previousTag } = this.#head;
      const isLast = index === counts.length - 1;
      const entry: Entry = {
        offset: offset + step,
        count: messages,
        tag: this.#newTag(),
        previousTag,
        except: isLast ? except : undefined,
        text: Array.from({ length: messages }, (_, at) => `["m","c","e","\t${cursorSuffix(at)}",0]`).join('\n'),
      };
      for (const single of singleEntries(entry)) {
        const start = this.#head;
        const place = { epoch: start.epoch, offset: single.offset, tag: single.tag };
        this.#kept.push({ entry: single, start });
        this.before.set(formatCursor(place), formatCursor(start));
        this.#moveTo(place);
      }
      return entry;
    });
    this.queue.push(batch);
  }

  /** The oldest entries are no longer kept. */
  trim(count: number): void {
    this.isLossy = true;
    this.#kept.splice(0, count);
  }

  /** The newest entries are lost, though they may have been handed on: as after a failover to a replica that was late. */
  lose(count: number): void {
    const lost = this.#kept.splice(Math.max(0, this.#kept.length - count));
    if (lost[0] === undefined) return;
    this.isLossy = true;
    this.#head = lost[0].start;
    this.queue.push({ reason: 'diverged', at: this.#head });
  }

  /** Everything is lost, and another history begins. */
  restart(): void {
    this.isLossy = true;
    this.#kept = [];
    this.#head = this.#begin();
    this.queue.push({ reason: 'epoch', at: this.#head });
  }

  /** The follower is not handed what is on its way. */
  dropQueue(): void {
    this.isLossy = true;
    this.queue.splice(0, this.queue.length, { reason: 'broker', at: this.#head });
  }

  read(_channel: string, page: LogPage): Promise<LogRead> {
    return new Promise((resolve) => this.#asked.push({ page, atFirst: this.#read(page), answer: resolve }));
  }

  /** Answers one read: as of when it was asked, or as of now. */
  answer(index: number, isFresh: boolean): void {
    const [asked] = this.#asked.splice(index % Math.max(1, this.#asked.length), 1);
    asked?.answer(isFresh ? this.#read(asked.page) : asked.atFirst);
  }

  #begin(): Position {
    const start = { epoch: `epoch${++this.#epoch}`, offset: 0, tag: this.#newTag() };
    this.places.push(start);
    return start;
  }

  #moveTo(place: Position): void {
    this.#head = place;
    this.places.push(place);
  }

  #newTag(): string {
    return (++this.#tags).toString(36);
  }

  #read({ after, limit }: LogPage): LogRead {
    if (after === undefined) return this.#result(Math.max(0, this.#kept.length - limit), limit, 'contiguous');
    if (after.epoch !== this.#head.epoch) return this.#result(0, limit, 'new-epoch');
    const next = this.#kept.findIndex(({ entry }) => entry.offset > after.offset);
    const start = next === -1 ? this.#head : this.#kept[next]!.start;
    if (start.offset > after.offset) return this.#result(0, limit, 'trimmed');
    const isKnown = start.offset === after.offset && start.tag === after.tag;
    return isKnown
      ? this.#result(next === -1 ? this.#kept.length : next, limit, 'contiguous')
      : this.#result(this.#kept.length, limit, 'diverged');
  }

  #result(from: number, limit: number, proof: LogRead['proof']): LogRead {
    const kept = this.#kept.slice(from, from + limit);
    const start = kept[0]?.start ?? this.#head;
    return { epoch: this.#head.epoch, entries: kept.map(({ entry }) => entry), start, head: this.#head, proof };
  }
}
