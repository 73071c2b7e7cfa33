import { cursorSuffix } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import { firstCursor, placeOf } from './delivery.ts';
import type { Delivery, EntryPlace } from './delivery.ts';

/**
 * How much of the newest is at hand without asking the log: enough for a client that was away for a moment, and for what
 * comes in while the log is read. Few and small, because every channel of the node has its own; the log has the rest.
 */
const ENOUGH = 16;
const MAX_LENGTH = 64 * 1024;

/** Messages of one entry in a row, of which the first is its message `from`. */
interface Piece {
  readonly entry: EntryPlace;
  readonly epoch: string;
  readonly from: number;
  readonly frames: readonly string[];
}

/** The newest messages of a feed, as they were handed on: what each of them needs besides is made when it is asked for. */
export class FeedTail {
  #pieces: Piece[] = [];
  #count = 0;
  #length = 0;
  /** The offset behind which it begins. */
  #start = 0;

  /** Nothing is at hand, and what comes follows `offset`. */
  beginAt(offset: number): void {
    this.#pieces = [];
    this.#count = 0;
    this.#length = 0;
    this.#start = offset;
  }

  /** Adds what follows, and lets go of what is more than a tail should hold. */
  add(piece: Piece): void {
    this.#pieces.push(piece);
    this.#count += piece.frames.length;
    this.#length += lengthOf(piece);
    let gone = 0;
    for (const oldest of this.#pieces) {
      if (this.#count - oldest.frames.length < ENOUGH && this.#length <= MAX_LENGTH) break;
      this.#count -= oldest.frames.length;
      this.#length -= lengthOf(oldest);
      this.#start = lastPlaceOf(oldest).offset;
      gone++;
    }
    if (gone > 0) this.#pieces.splice(0, gone);
  }

  /** Everything after `place`, which has the newest one's epoch, where that can be proven; `newestTag` is the newest one's. */
  after({ offset, tag }: Position, newestTag: string): readonly Delivery[] | undefined {
    if (offset < this.#start) return undefined;
    const next = this.#pieces.findIndex((piece) => lastPlaceOf(piece).offset > offset);
    if (next === -1) return tag === newestTag ? [] : undefined;
    const [first, ...others] = this.#pieces.slice(next) as [Piece, ...Piece[]];
    const skipped = Math.max(0, offset + 1 - first.entry.offset - first.from);
    const isFirst = first.from + skipped === 0;
    if (tag !== (isFirst ? first.entry.previousTag : first.entry.tag)) return undefined;
    return [...deliveriesOf(first).slice(skipped), ...others.flatMap(deliveriesOf)];
  }
}

function lastPlaceOf({ entry, epoch, from, frames }: Piece): Position {
  return placeOf(entry, epoch, from + frames.length - 1);
}

function lengthOf({ frames }: Piece): number {
  let length = 0;
  for (const frame of frames) length += frame.length;
  return length;
}

function deliveriesOf({ entry, epoch, from, frames }: Piece): readonly Delivery[] {
  const first = firstCursor(entry, epoch);
  const { index = 0, except } = entry;
  return frames.map((frame, at) => ({
    except,
    position: placeOf(entry, epoch, from + at),
    cursor: first + cursorSuffix(index + from + at),
    frame,
  }));
}
