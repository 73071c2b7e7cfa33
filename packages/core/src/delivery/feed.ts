import { fillLines, formatCursor, serverFrame } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import type { Connection } from '../connection/connection.ts';
import type { Entry, GapReason, LogSink } from '../contracts/log.ts';
import type { Audience } from './audience.ts';
import { deliveryOf, firstCursor, hand, placeOf } from './delivery.ts';
import type { Delivery } from './delivery.ts';
import { FeedTail } from './feed-tail.ts';
import { lineRun, Run } from './run.ts';

/**
 * One channel with history on this node: hands every new entry to the connections that are up to date, and keeps the
 * newest ones, so that a connection that is nearly up to date can be brought in without a gap and without the log.
 */
export class Feed implements LogSink {
  readonly channel: string;
  readonly #audience: Audience;
  #position: Position | undefined;
  /** What came in before the head was known. */
  readonly #early: Entry[] = [];
  readonly #tail = new FeedTail();
  #advanced: PromiseWithResolvers<void> | undefined;
  /** How often the log told of a gap, and the last of them: those who were not live have to be told too. */
  gaps = 0;
  lastGap: { readonly reason: GapReason; readonly at: Position } | undefined;

  /** `audience` are the connections that get what comes in, and those that are too slow for it. */
  constructor(channel: string, audience: Audience) {
    this.channel = channel;
    this.#audience = audience;
  }

  /** The place up to which everything was handed on. Only to be asked after `followed`. */
  get position(): Position {
    if (this.#position === undefined) throw new Error('the log is not followed yet');
    return this.#position;
  }

  /** The log is followed from `head`; entries may have come in before this was known. */
  followed(head: Position): void {
    if (this.#position === undefined) {
      this.#position = head;
      this.#tail.beginAt(head.offset);
    }
    this.entries(this.#early.splice(0));
  }

  entries(batch: readonly Entry[]): void {
    if (this.#position === undefined) {
      this.#early.push(...batch);
      return;
    }
    const { epoch } = this.#position;
    const { live } = this.#audience;
    const run = new Run();
    for (const entry of batch) {
      if (entry.except === undefined) this.#handOn(entry, epoch, run);
      else {
        // Whoever falls behind while it is handed something has everything up to here.
        run.handTo(live);
        const delivery = deliveryOf(entry, epoch);
        this.#advance(entry, epoch, [delivery.frame], 0);
        this.#audience.slow?.miss(delivery.frame, entry.except, delivery.position);
        for (const connection of live) hand(connection, this.channel, delivery);
      }
    }
    run.handTo(live);
    this.#wake();
  }

  gap(reason: GapReason, at: Position): void {
    this.gaps++;
    this.lastGap = { reason, at };
    this.#early.length = 0;
    this.#position = at;
    this.#tail.beginAt(at.offset);
    const frame = serverFrame(['gap', this.channel, reason, formatCursor(at)]);
    this.#audience.slow?.missGap(frame, at);
    for (const connection of this.#audience.live) connection.send(frame);
    this.#wake();
  }

  moved(at: Position): void {
    if (this.#position === undefined || at.epoch !== this.#position.epoch || at.offset <= this.#position.offset) return;
    this.#position = at;
    const cursor = formatCursor(at);
    for (const connection of this.#audience.live) connection.outbox.skip(this.channel, cursor);
    this.#wake();
  }

  /** Everything after `place`, where that can be proven from what is at hand. */
  after(place: Position): readonly Delivery[] | undefined {
    const { epoch, offset, tag } = this.position;
    // Tags are short: that of an older place may well be the one that the tail goes on from.
    if (place.epoch !== epoch || place.offset > offset) return undefined;
    return this.#tail.after(place, tag);
  }

  /** `connection` has everything up to now, and gets what comes. */
  join(connection: Connection): void {
    this.#audience.join(connection);
  }

  /** Resolves when something came in. */
  advanced(): Promise<void> {
    this.#advanced ??= Promise.withResolvers();
    return this.#advanced.promise;
  }

  /** Hands on an entry that is for everybody: several messages at once, a single one with what follows. */
  #handOn(entry: Entry, epoch: string, run: Run): void {
    const { count = 1, text } = entry;
    const lines = lineRun(fillLines(text, firstCursor(entry, epoch)), count);
    if (count === 1) {
      const [frame] = lines.frames as [string];
      this.#advance(entry, epoch, lines.frames, 0);
      this.#audience.slow?.miss(frame, undefined, placeOf(entry, epoch, 0));
      if (run.add(frame)) run.handTo(this.#audience.live);
      return;
    }
    run.handTo(this.#audience.live);
    let from = 0;
    for (const piece of lines.cut()) {
      const { frames } = piece;
      this.#advance(entry, epoch, frames, from);
      const { live, slow } = this.#audience;
      if (slow !== undefined) {
        for (const [at, frame] of frames.entries()) slow.miss(frame, undefined, placeOf(entry, epoch, from + at));
      }
      piece.handTo(live);
      from += frames.length;
    }
  }

  /** Everything up to these frames of an entry, of which the first is its message `from`, counts as handed on. */
  #advance(entry: Entry, epoch: string, frames: readonly string[], from: number): void {
    const { offset, index, tag, previousTag, except } = entry;
    this.#position = placeOf(entry, epoch, from + frames.length - 1);
    this.#tail.add({ entry: { offset, index, tag, previousTag, except }, epoch, from, frames });
  }

  #wake(): void {
    this.#advanced?.resolve();
    this.#advanced = undefined;
  }
}
