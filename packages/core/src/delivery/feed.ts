import { fillTemplate, formatCursor, serverFrame } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import type { Connection } from '../connection/connection.ts';
import type { Entry, GapReason, LogSink } from '../contracts/log.ts';

/** An entry as clients get it. One frame is one string for all of them, also for those that catch up. */
export interface Delivery {
  readonly entry: Entry;
  readonly position: Position;
  readonly cursor: string;
  readonly frame: string;
}

/** How many of the newest entries are at hand without asking the log. */
const TAIL = 256;

/**
 * One channel with history on this node: hands every new entry to the connections that are up to date, and keeps the
 * newest ones, so that a connection that is nearly up to date can be brought in without a gap and without the log.
 */
export class Feed implements LogSink {
  readonly channel: string;
  readonly #live: Set<Connection>;
  #position: Position | undefined;
  #tail: Delivery[] = [];
  #advanced: PromiseWithResolvers<void> | undefined;

  /** `live` are the connections that get what comes in. */
  constructor(channel: string, live: Set<Connection>) {
    this.channel = channel;
    this.#live = live;
  }

  /** The place up to which everything was handed on. Only to be asked after `followed`. */
  get position(): Position {
    if (this.#position === undefined) throw new Error('the log is not followed yet');
    return this.#position;
  }

  /** The log is followed from `head`; entries may have come in before this was known. */
  followed(head: Position): void {
    this.#position ??= head;
  }

  entries(batch: readonly Entry[]): void {
    const epoch = this.#position?.epoch;
    for (const entry of batch) {
      const delivery = deliveryOf(entry, epoch ?? '');
      this.#position = delivery.position;
      this.#tail.push(delivery);
      for (const connection of this.#live) hand(connection, this.channel, delivery);
    }
    if (this.#tail.length > 2 * TAIL) this.#tail = this.#tail.slice(-TAIL);
    this.#wake();
  }

  gap(reason: GapReason, at: Position): void {
    this.#position = at;
    this.#tail = [];
    const frame = serverFrame(['gap', this.channel, reason, formatCursor(at)]);
    for (const connection of this.#live) connection.send(frame);
    this.#wake();
  }

  /** Everything after `place`, where that can be proven from what is at hand. */
  after(place: Position): readonly Delivery[] | undefined {
    const { epoch, offset, tag } = this.position;
    if (place.epoch !== epoch) return undefined;
    if (place.offset === offset) return place.tag === tag ? [] : undefined;
    const next = this.#tail.findLastIndex((delivery) => delivery.entry.offset <= place.offset) + 1;
    return this.#tail[next]?.entry.previousTag === place.tag && place.offset < offset
      ? this.#tail.slice(next)
      : undefined;
  }

  /** `connection` has everything up to now, and gets what comes. */
  join(connection: Connection): void {
    this.#live.add(connection);
  }

  /** Resolves when something came in. */
  advanced(): Promise<void> {
    this.#advanced ??= Promise.withResolvers();
    return this.#advanced.promise;
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
  if (entry.except !== undefined && entry.except === connection.instanceHash) connection.skip(channel, cursor);
  else connection.send(frame);
}
