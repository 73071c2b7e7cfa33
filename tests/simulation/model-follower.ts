import { lastOffset } from '@rt/core';
import type { Entry, GapReason, LogPage, LogRead, LogSink, Proof } from '@rt/core';
import type { Position } from '@rt/protocol';
import type { Loss, ModelLog } from './model-log.ts';

const GAP_OF: Readonly<Record<Exclude<Proof, 'contiguous'>, GapReason>> = {
  trimmed: 'expired',
  diverged: 'diverged',
  'new-epoch': 'epoch',
};

/** One channel that a node follows: hands on what continues what was handed on before, and asks the log about all else. */
export class ModelFollower {
  readonly #sink: LogSink;
  readonly #read: (page: LogPage) => LogRead;
  #position: Position;
  /** Where the log goes on after entries were lost of which this follower may have had none; it has to say so. */
  #goesOnAt: Position | undefined;
  /** How many losses of the log it has told of, or has never had anything to do with. */
  #losses: number;
  readonly #log: ModelLog;
  #isStopped = false;

  constructor(sink: LogSink, log: ModelLog, read: (page: LogPage) => LogRead) {
    this.#sink = sink;
    this.#log = log;
    this.#position = log.head;
    this.#losses = log.losses;
    this.#read = read;
  }

  receive({ epoch, losses }: { readonly epoch: string; readonly losses: number }, batch: readonly Entry[]): void {
    const [first] = batch;
    // What was stored before a loss that was told of already is not heard of any more.
    if (this.#isStopped || first === undefined || losses < this.#losses) return;
    const isNext = first.offset === this.#position.offset + 1 && first.previousTag === this.#position.tag;
    if (epoch === this.#position.epoch && isNext) this.#handOn(epoch, batch);
    else this.repair();
  }

  /** The log lost something; `repair` comes when this node has heard of it. */
  lost({ reason, at }: Loss): void {
    if (reason === 'epoch') this.#goesOnAt = undefined;
    else if (this.#goesOnAt === undefined || at.offset < this.#goesOnAt.offset) this.#goesOnAt = at;
  }

  /** Hands on what the log has, as far as it can be proven to follow. */
  repair(): void {
    if (this.#isStopped) return;
    const goesOnAt = this.#goesOnAt;
    this.#goesOnAt = undefined;
    this.#losses = this.#log.losses;
    const read = this.#read({ after: this.#position, limit: Infinity });
    if (read.proof !== 'contiguous') {
      this.#position = read.start;
      this.#sink.gap(GAP_OF[read.proof], read.start);
      return this.#handOn(read.epoch, read.entries);
    }
    if (goesOnAt === undefined) return this.#handOn(read.epoch, read.entries);
    this.#handOn(
      read.epoch,
      read.entries.filter(({ offset }) => offset <= goesOnAt.offset),
    );
    this.#sink.gap('diverged', this.#position);
    this.#handOn(
      read.epoch,
      read.entries.filter(({ offset }) => offset > goesOnAt.offset),
    );
  }

  stop(): void {
    this.#isStopped = true;
  }

  #handOn(epoch: string, entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#position = { epoch, offset: lastOffset(last), tag: last.tag };
    this.#sink.entries(entries);
  }
}
