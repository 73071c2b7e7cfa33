import type { Position } from '@rt/protocol';

/** Something that came in while some were too slow for it. */
export interface Missed {
  /** Its number among all that came in. */
  readonly number: number;
  readonly frame: string;
  /** Hash of the instance that it is not for. */
  readonly except: string | undefined;
  /** Its place; `undefined` for what is not kept in a log. */
  readonly position: Position | undefined;
}

/** What a reader gets of what it missed. */
export interface Catch {
  /** Up to here also the newest of a key may be missing, because there was no room for all keys. */
  readonly loss: Pick<Missed, 'number' | 'position'> | undefined;
  /** In the order in which they came in. */
  readonly missed: readonly Missed[];
}

/** How much is kept for slow readers, in characters: of one channel, and of all channels of the node together. */
export class NewestRoom {
  readonly channel: number;
  readonly node: number;
  taken = 0;

  constructor(channel: number, node: number) {
    this.channel = channel;
    this.node = node;
  }
}

/** The newest of a key, and the newest that is for the one whom the first is not for. */
interface Row {
  readonly first: Missed;
  readonly second: Missed | undefined;
  readonly length: number;
}

/**
 * The newest message of each key since somebody fell behind, kept once for all slow readers of a channel: each one
 * remembers the number up to which it has everything, and what is newer than that is what it gets.
 */
export class Newest {
  readonly #keyOf: (frame: string) => string | undefined;
  readonly #room: NewestRoom;
  /** Ordered by the number of `first`. */
  readonly #rows = new Map<string, Row>();
  #length = 0;
  #count = 0;
  #loss: Catch['loss'];
  /** Whether something came in that has a place in a log: then what has none may be missed. */
  #isLogged = false;

  /** What `keyOf` has no key for is dropped. */
  constructor(keyOf: (frame: string) => string | undefined, room: NewestRoom) {
    this.#keyOf = keyOf;
    this.#room = room;
  }

  /** The number of what came in last. */
  get count(): number {
    return this.#count;
  }

  /** A message came in. */
  add(frame: string, except: string | undefined, position: Position | undefined): void {
    const number = ++this.#count;
    if (position !== undefined) this.#isLogged = true;
    const key = this.#keyOf(frame);
    if (key !== undefined) this.#put(key, { number, frame, except, position });
  }

  /** The channel told everybody of a gap, which nobody may miss. No key of a message is the empty text. */
  addGap(frame: string, position: Position | undefined): void {
    this.#put('', { number: ++this.#count, frame, except: undefined, position });
  }

  /** What the instance `instanceHash`, which has everything up to `number`, gets of what came after it. */
  after(number: number, instanceHash: string): Catch {
    const loss = this.#loss !== undefined && this.#loss.number > number ? this.#loss : undefined;
    const from = loss?.number ?? number;
    const missed: Missed[] = [];
    for (const { first, second } of this.#rows.values()) {
      const its = first.except === instanceHash ? second : first;
      if (its !== undefined && its.number > from) missed.push(its);
    }
    return { loss, missed: missed.sort((one, other) => one.number - other.number) };
  }

  /** Nobody needs it any more. */
  clear(): void {
    this.#rows.clear();
    this.#grow(-this.#length);
  }

  #put(key: string, first: Missed): void {
    const known = this.#rows.get(key);
    if (known !== undefined) this.#remove(key, known);
    const second =
      first.except === undefined || known === undefined
        ? undefined
        : known.first.except === first.except
          ? known.second
          : known.first;
    const length = key.length + first.frame.length + (second?.frame.length ?? 0);
    this.#rows.set(key, { first, second, length });
    this.#grow(length);
    for (const [oldest, row] of this.#rows) {
      if (this.#length <= this.#room.channel && this.#room.taken <= this.#room.node) return;
      this.#remove(oldest, row);
      this.#lose(row);
    }
  }

  #lose({ first, second }: Row): void {
    const { number, position } = first.position === undefined && second?.position !== undefined ? second : first;
    if (position === undefined && this.#isLogged) return;
    if (number > (this.#loss?.number ?? 0)) this.#loss = { number, position };
  }

  #remove(key: string, row: Row): void {
    this.#rows.delete(key);
    this.#grow(-row.length);
  }

  #grow(length: number): void {
    this.#length += length;
    this.#room.taken += length;
  }
}
