/** A text of a partition, and where it is. */
export interface PartitionText {
  /** Rising, holes allowed: a whole number from 1 to 2^37 - 1. */
  readonly position: number;
  /** Milliseconds since 1970 by the broker's clock. */
  readonly at: number;
  readonly text: string;
}

/** What is being read, told at the beginning of a reading. */
export interface PartitionStart {
  /** Whose order this is, of the letters of base64url, 1 to 64: another text where the stream was made anew. */
  readonly epoch: string;
  /** Everything that was stored from then on will be given, in milliseconds since 1970 by the broker's clock; 0: all there ever was. */
  readonly fromMs: number;
  /** Now, by the same clock. Absent where the broker does not say: then the newest text's time is taken for it. */
  readonly nowMs?: number;
}

/** Where a partition gives what it reads. */
export interface PartitionReader {
  /** A reading begins: the first one, and one after each loss of the connection. */
  begin(start: PartitionStart): void;
  /** In order. */
  texts(batch: readonly PartitionText[]): void;
  /** Everything stored up to `begin` has been given; `head` is the newest position, 0 where there never was one. */
  caughtUp(head: number): void;
}

/**
 * One order of texts, kept for a while, that every node reads alike: what a broker has to have for a `PartitionLog`.
 *
 * - MUST store texts of one node in the order of its `append` calls.
 * - MUST give every text that is stored, in order. After a loss of the connection it goes on where it was: the reading begins with the
 *   newest text that was given, once more (where it still is there), so that a lost tail is found out. Where the stream has another
 *   epoch then, the reading begins as a first one does.
 */
export interface Partition {
  /** Stores `text` behind all others. Rejects with `BROKER_DOWN` where it was surely not stored, else `OUTCOME_UNKNOWN`. */
  append(text: string): Promise<void>;
  /**
   * Reads what was stored within `sinceMs` of the newest text, then everything that comes. Resolves with what ends the reading; rejects
   * where it can't begin. Nothing is given any more when the reading was ended.
   */
  read(sinceMs: number, reader: PartitionReader): Promise<() => void>;
  /**
   * The newest position, asked at the broker. Absent where that is not cheaper than to append and to read back. Rejects with
   * `BROKER_DOWN`.
   */
  head?(): Promise<number>;
}
