import type { GapReason, LogPage, LogRead, LogSink, Proof } from '@rt/core';
import type { Position } from '@rt/protocol';
import type { Batch } from './payload.ts';

const GAP_OF: Readonly<Record<Exclude<Proof, 'contiguous'>, GapReason>> = {
  trimmed: 'expired',
  diverged: 'diverged',
  'new-epoch': 'epoch',
};

/** Entries of one read while what was missed is fetched. */
const PAGE = 500;
/** Live batches that wait for such a read. Of more none is kept: the log has them all, and is read once more. */
const MAX_HELD = 1_000;

/** What a follower needs. */
export interface FollowerOptions {
  readonly channel: string;
  readonly sink: LogSink;
  readonly read: (page: LogPage) => Promise<LogRead>;
  /** The log could not be read; the next look at the heads tries again. */
  readonly failed: (error: unknown) => void;
  /** The node's clock, now. */
  readonly now: number;
}

/**
 * One channel that this node follows: what comes in live is handed on where it continues what was handed on before, and anything
 * else makes the follower read the log from where it is.
 */
export class Follower {
  readonly channel: string;
  readonly #options: FollowerOptions;
  #position: Position | undefined;
  /** Live batches that came in before the head was known, or during a repair. */
  #held: Batch[] = [];
  #hasDropped = false;
  #repair: Promise<void> | undefined;
  #isStopped = false;
  /** When the head's expiry was last pushed back, by the node's clock. */
  renewedAt: number;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.channel = options.channel;
    this.renewedAt = options.now;
  }

  /** The place up to which everything was handed on; `undefined` before `begin`. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Hands on what comes after `head`, but not in this turn: whoever waits for the head has to have it first. */
  begin(head: Position): void {
    setImmediate(() => {
      if (this.#isStopped) return;
      this.#position = head;
      this.#release().catch(this.#options.failed);
    });
  }

  /** A live batch came in. */
  receive(batch: Batch): void {
    if (this.#isStopped) return;
    if (this.#position === undefined || this.#repair !== undefined) this.#hold(batch);
    else if (!this.#takes(batch)) this.repair().catch(this.#options.failed);
  }

  /** Hands on what the log has after this follower's place. Rejects when the log can't be read; nothing is skipped then. */
  repair(): Promise<void> {
    if (this.#position === undefined || this.#isStopped) return Promise.resolve();
    this.#repair ??= this.#catchUp().finally(() => (this.#repair = undefined));
    // What came in during the read is looked at only when the repair is over for others too.
    return this.#repair.then(() => this.#release());
  }

  stop(): void {
    this.#isStopped = true;
    this.#held = [];
  }

  /** Hands on `batch` where it continues, and says whether there is nothing more to do about it. */
  #takes(batch: Batch): boolean {
    const position = this.#position!;
    if (batch.epoch !== position.epoch) return false;
    if (batch.first === position.offset + 1 && batch.previousTag === position.tag) {
      this.#position = { epoch: batch.epoch, offset: batch.last, tag: batch.lastTag };
      this.#options.sink.entries(batch.entries);
      return true;
    }
    return batch.last === position.offset && batch.lastTag === position.tag;
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      const after = this.#position!;
      const read = await this.#options.read({ after, limit: PAGE });
      if (this.#isStopped) return;
      if (read.proof !== 'contiguous') {
        this.#position = read.start;
        this.#options.sink.gap(GAP_OF[read.proof], read.start);
      }
      const last = read.entries.at(-1);
      if (last !== undefined) {
        this.#position = { epoch: read.epoch, offset: last.offset, tag: last.tag };
        this.#options.sink.entries(read.entries);
      }
      if (last === undefined || last.offset >= read.head.offset) return;
    }
  }

  #hold(batch: Batch): void {
    if (this.#held.length >= MAX_HELD) {
      this.#held = [];
      this.#hasDropped = true;
    }
    this.#held.push(batch);
  }

  /** Looks at what was held back. A batch is stored before it is published, so one read settles each that does not fit. */
  async #release(): Promise<void> {
    while (this.#held.length > 0 && this.#repair === undefined && !this.#isStopped) {
      const batch = this.#held.shift()!;
      const { epoch, offset } = this.#position!;
      const isCovered = batch.epoch === epoch && batch.last <= offset;
      if (!isCovered && !this.#takes(batch)) await this.repair();
    }
    if (!this.#hasDropped || this.#repair !== undefined) return;
    this.#hasDropped = false;
    await this.repair();
  }
}
