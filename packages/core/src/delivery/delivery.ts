import { cursorSuffix, fillLines, formatCursor } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import type { Connection } from '../connection/connection.ts';
import type { Entry } from '../contracts/log.ts';

/** A message as clients get it. One frame is one string for all of them, also for those that catch up. */
export interface Delivery {
  readonly except: string | undefined;
  readonly position: Position;
  readonly cursor: string;
  readonly frame: string;
}

/** An entry without its text, which is not to be held on to. */
export type EntryPlace = Omit<Entry, 'text' | 'count'>;

/** The place of one message of an entry. */
export function placeOf({ offset, tag }: EntryPlace, epoch: string, index: number): Position {
  return { epoch, offset: offset + index, tag };
}

/** The cursor that goes into the lines of an entry: that of the first message of those that were appended as one. */
export function firstCursor({ offset, index = 0, tag }: EntryPlace, epoch: string): string {
  return formatCursor({ epoch, offset: offset - index, tag });
}

/** An entry of one message, of `epoch`, as clients get it. */
export function deliveryOf(entry: Entry, epoch: string): Delivery {
  const first = firstCursor(entry, epoch);
  return {
    except: entry.except,
    position: placeOf(entry, epoch, 0),
    cursor: first + cursorSuffix(entry.index ?? 0),
    frame: fillLines(entry.text, first),
  };
}

/** Sends a delivery, or tells the one it is not for that its place has passed. */
export function hand(connection: Connection, channel: string, { except, cursor, frame }: Delivery): void {
  if (except !== undefined && except === connection.instanceHash) connection.outbox.skip(channel, cursor);
  else connection.send(frame);
}
