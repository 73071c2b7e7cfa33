import { formatCursor, parseCursor, serverFrame } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import type { Connection } from '../connection/connection.ts';
import type { GapReason, LogRead, LogReader, Proof } from '../contracts/log.ts';
import { deliveryOf, hand } from './delivery.ts';
import type { Feed } from './feed.ts';
import type { Place } from './place.ts';

/** Where a connection was left in a channel with history. */
export type LogPlace = Extract<Place, { readonly kind: 'log' }>;

/** Where a client wants to begin: behind its cursor, with the last few messages, or (with neither) with what comes. */
export interface Wish {
  readonly cursor?: string | null | undefined;
  readonly last?: number | null | undefined;
}

/** Where a connection stands in a channel, and the reason if something before that may be missing. */
interface Start {
  readonly at: Position;
  readonly isRecovered: boolean;
  readonly gap: GapReason | undefined;
  readonly read: LogRead | undefined;
}

/** The most messages that one connection is sent of one channel when it comes back; the newest ones, behind a gap. */
const MAX_RECOVERED = 1_000;
/** Entries of one read: a few writes' worth. */
const PAGE = 100;

const GAP_OF: Readonly<Record<Exclude<Proof, 'contiguous'>, GapReason>> = {
  trimmed: 'expired',
  diverged: 'diverged',
  'new-epoch': 'epoch',
};

/**
 * Brings a connection from where it was to where the channel is, and lets it join there: first subscribe, resume and a
 * slow reader that drained are one and the same. Reply, then a gap if there is one, then what was missed, then what comes.
 */
export class Recovery {
  readonly #log: LogReader;

  constructor(log: LogReader) {
    this.#log = log;
  }

  /**
   * Calls `reply` with the place from which `connection` gets everything, then sends what follows it, and joins.
   * `isCurrent` says whether the connection still wants it; `reply` is not called when it doesn't.
   */
  async begin(
    connection: Connection,
    feed: Feed,
    wish: Wish,
    hooks: { readonly isCurrent: () => boolean; readonly reply: (cursor: string, isRecovered: boolean) => void },
  ): Promise<void> {
    // Where nothing has to be read there is no await either: no message can come between reply and joining.
    const known = this.#knownStart(feed, wish);
    const start = known ?? (await this.#readStart(feed, wish));
    if (!hooks.isCurrent()) return;
    hooks.reply(formatCursor(start.at), start.isRecovered);
    // A listener that heard of the subscription may have ended it.
    if (!hooks.isCurrent()) return;
    if (start.gap !== undefined) sendGap(connection, feed.channel, start.gap, start.at);
    await this.#continue(connection, feed, {
      at: start.at,
      read: start.read,
      gaps: feed.gaps,
      told: start.gap && start.at,
      isCurrent: hooks.isCurrent,
    });
  }

  /** Goes on from `place`, where `connection` was left because it had no room for more. */
  async resume(connection: Connection, feed: Feed, place: LogPlace, isCurrent: () => boolean): Promise<void> {
    await this.#continue(connection, feed, { ...place, at: place.position, read: undefined, isCurrent });
  }

  async #continue(
    connection: Connection,
    feed: Feed,
    from: Omit<LogPlace, 'kind' | 'position'> & {
      readonly at: Position;
      readonly read: LogRead | undefined;
      readonly isCurrent: () => boolean;
    },
  ): Promise<void> {
    let { at, read, gaps, told } = from;
    /** What those who were live were told of, unless it is the gap that was found here before. */
    const tellOfGap = (): void => {
      const { lastGap } = feed;
      if (gaps === feed.gaps || lastGap === undefined) return;
      gaps = feed.gaps;
      if (told === undefined || !isSamePlace(told, lastGap.at)) sendGap(connection, feed.channel, lastGap.reason, at);
    };
    let advanced: Promise<void> | undefined;
    for (;;) {
      for (const entry of read?.entries ?? []) {
        const delivery = deliveryOf(entry, read!.epoch);
        hand(connection, feed.channel, delivery);
        at = delivery.position;
        if (!connection.outbox.hasRoom) break;
      }
      // Of an epoch that the feed has left nothing follows any more, unless it is one that the feed has yet to hear of.
      if (at.epoch !== feed.position.epoch && told?.epoch !== at.epoch && gaps !== feed.gaps) {
        at = feed.lastGap!.at;
        tellOfGap();
        told = at;
      }
      const rest = feed.after(at);
      if (rest !== undefined) tellOfGap();
      for (const delivery of rest ?? []) {
        if (!connection.outbox.hasRoom) break;
        hand(connection, feed.channel, delivery);
        at = delivery.position;
      }
      if (!connection.outbox.hasRoom) {
        connection.outbox.leaveAt(feed.channel, { kind: 'log', position: at, gaps, told });
        return;
      }
      if (rest !== undefined) {
        feed.join(connection);
        return;
      }
      // An empty answer may be older than what this node was handed meanwhile, so it is asked for once more. Where nothing came
      // in either, the log is ahead of this node: there is nothing to do until something does.
      if (read?.entries.length !== 0) advanced = undefined;
      else if (advanced === undefined) advanced = feed.advanced();
      else {
        await advanced;
        advanced = feed.advanced();
      }
      const known = feed.gaps;
      read = await this.#log.read(feed.channel, { after: at, limit: PAGE });
      if (!from.isCurrent()) return;
      if (read.proof !== 'contiguous') {
        at = told = read.start;
        gaps = feed.gaps;
        sendGap(connection, feed.channel, GAP_OF[read.proof], at);
      } else if (known === feed.gaps) tellOfGap();
    }
  }

  #knownStart(feed: Feed, { cursor, last }: Wish): Start | undefined {
    if (cursor === undefined || cursor === null) {
      return last === undefined || last === null ? startAt(feed.position, false) : undefined;
    }
    const place = parseCursor(cursor);
    return place !== undefined && feed.after(place) !== undefined ? startAt(place, true) : undefined;
  }

  async #readStart(feed: Feed, { cursor, last }: Wish): Promise<Start> {
    const { channel } = feed;
    const place = cursor === undefined || cursor === null ? undefined : parseCursor(cursor);
    if (place === undefined) {
      const read = await this.#log.read(channel, { limit: Math.min(last ?? MAX_RECOVERED, MAX_RECOVERED) });
      // A cursor that no log wrote can only come from another one.
      return { at: read.start, isRecovered: false, gap: cursor ? 'epoch' : undefined, read };
    }
    const read = await this.#log.read(channel, { after: place, limit: PAGE });
    if (read.entries.length === PAGE && read.head.offset - read.start.offset > MAX_RECOVERED) {
      const newest = await this.#log.read(channel, { limit: MAX_RECOVERED });
      // Offsets may have holes: it is too much only where the newest don't reach back.
      if (newest.start.offset > read.start.offset) {
        return { at: newest.start, isRecovered: false, gap: 'limit', read: newest };
      }
    }
    if (read.proof === 'contiguous') return { at: place, isRecovered: true, gap: undefined, read };
    return { at: read.start, isRecovered: false, gap: GAP_OF[read.proof], read };
  }
}

function startAt(at: Position, isRecovered: boolean): Start {
  return { at, isRecovered, gap: undefined, read: undefined };
}

function isSamePlace(one: Position, other: Position): boolean {
  return one.epoch === other.epoch && one.offset === other.offset && one.tag === other.tag;
}

function sendGap(connection: Connection, channel: string, reason: GapReason, at: Position): void {
  connection.send(serverFrame(['gap', channel, reason, formatCursor(at)]));
}
