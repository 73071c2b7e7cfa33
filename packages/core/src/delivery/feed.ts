import { fillTemplate, formatCursor, serverFrame } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import type { Connection } from '../connection/connection.ts';
import type { Entry, GapReason, LogSink } from '../contracts/log.ts';
import type { Audience } from './audience.ts';
import { Run } from './run.ts';

/** An entry as clients get it. One frame is one string for all of them, also for those that catch up. */
export interface Delivery {
  readonly entry: Entry;
  readonly position: Position;
  readonly cursor: string;
  readonly frame: string;
}

/**
 * How much of the newest is at hand without asking the log: enough for a client that was away for a moment, and for what
 * comes in while the log is read. Few and small, because every channel of the node has its own; the log has the rest.
 */
const TAIL_ENTRIES = 16;
const TAIL_LENGTH = 64 * 1024;

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
  #tail: Delivery[] = [];
  #tailLength = 0;
  /** The offset behind which `#tail` begins. */
  #tailStart = 0;
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
      this.#tailStart = head.offset;
    }
    this.entries(this.#early.splice(0));
  }

  entries(batch: readonly Entry[]): void {
    if (this.#position === undefined) {
      this.#early.push(...batch);
      return;
    }
    const { epoch } = this.#position;
    const run = new Run();
    const { live } = this.#audience;
    for (const entry of batch) {
      // Whoever falls behind while it is handed something has everything up to here.
      if (entry.except !== undefined) run.handTo(live);
      const delivery = deliveryOf(entry, epoch);
      this.#position = delivery.position;
      this.#tail.push(delivery);
      this.#tailLength += delivery.frame.length;
      this.#audience.slow?.miss(delivery.frame, entry.except, delivery.position);
      if (entry.except !== undefined) for (const connection of live) hand(connection, this.channel, delivery);
      else if (run.add(delivery.frame)) run.handTo(live);
    }
    run.handTo(live);
    this.#trim();
    this.#wake();
  }

  gap(reason: GapReason, at: Position): void {
    this.gaps++;
    this.lastGap = { reason, at };
    this.#early.length = 0;
    this.#position = at;
    this.#tail = [];
    this.#tailLength = 0;
    this.#tailStart = at.offset;
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
    if (place.epoch !== epoch || place.offset < this.#tailStart || place.offset > offset) return undefined;
    const next = this.#tail.findLastIndex((delivery) => delivery.entry.offset <= place.offset) + 1;
    return place.tag === (this.#tail[next]?.entry.previousTag ?? tag) ? this.#tail.slice(next) : undefined;
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

  /** Lets go of what is more than the tail should hold, of all that a batch brought at once. */
  #trim(): void {
    let gone = 0;
    while (this.#tail.length - gone > TAIL_ENTRIES || this.#tailLength > TAIL_LENGTH) {
      const { frame, position } = this.#tail[gone++]!;
      this.#tailLength -= frame.length;
      this.#tailStart = position.offset;
    }
    if (gone > 0) this.#tail.splice(0, gone);
  }

  #wake(): void {
    this.#advanced?.resolve();
    this.#advanced = undefined;
  }
}

/** An entry of `epoch` as clients get it. */
export function deliveryOf(entry: Entry, epoch: string): Delivery {
  const position = { epoch, offset: entry.offset, tag: entry.tag };
  const cursor = formatCursor(position);
  return { entry, position, cursor, frame: fillTemplate(entry.text, cursor) };
}

/** Sends a delivery, or tells the one it is not for that its place has passed. */
export function hand(connection: Connection, channel: string, { entry, cursor, frame }: Delivery): void {
  if (entry.except !== undefined && entry.except === connection.instanceHash) connection.outbox.skip(channel, cursor);
  else connection.send(frame);
}
