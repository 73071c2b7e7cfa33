import { fillTemplate, formatCursor, serverFrame } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import type { Connection } from '../connection/connection.ts';
import type { Entry, GapReason, LogSink } from '../contracts/log.ts';
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
  readonly #live: Set<Connection>;
  #position: Position | undefined;
  #tail: Delivery[] = [];
  #tailLength = 0;
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
    const epoch = this.#position?.epoch ?? '';
    const run = new Run();
    for (const entry of batch) {
      // Whoever falls behind while it is handed something has everything up to here.
      if (entry.except !== undefined) run.handTo(this.#live);
      const delivery = deliveryOf(entry, epoch);
      this.#position = delivery.position;
      this.#keep(delivery);
      if (entry.except !== undefined) for (const connection of this.#live) hand(connection, this.channel, delivery);
      else if (run.add(delivery.frame)) run.handTo(this.#live);
    }
    run.handTo(this.#live);
    this.#wake();
  }

  gap(reason: GapReason, at: Position): void {
    this.#position = at;
    this.#tail = [];
    this.#tailLength = 0;
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

  #keep(delivery: Delivery): void {
    this.#tail.push(delivery);
    this.#tailLength += delivery.frame.length;
    while (this.#tail.length > TAIL_ENTRIES || this.#tailLength > TAIL_LENGTH) {
      this.#tailLength -= this.#tail.shift()!.frame.length;
    }
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
