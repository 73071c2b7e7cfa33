import type { Position } from '@rt/protocol';
import type { SlowReaderRule } from '../channel/slow-reader.ts';
import type { Connection } from '../connection/connection.ts';
import { messageKey } from './message-key.ts';
import { Newest } from './newest.ts';
import type { NewestRoom } from './newest.ts';

/** A rule that does not let slow readers catch up. */
export type StrictRule = Exclude<SlowReaderRule, 'catch-up'>;

/** Those who have a channel with such a rule and whose socket is full: what comes in is dropped, thinned, or ends them. */
export class SlowReaders {
  readonly #connections = new Set<Connection>();
  /** What they get afterwards; `undefined` where their connections end instead. */
  readonly newest: Newest | undefined;

  constructor(rule: StrictRule, room: NewestRoom) {
    if (rule === 'cut') return;
    const keyOf =
      rule === 'drop' ? (): undefined => undefined : (frame: string): string => messageKey(rule.latest, frame);
    this.newest = new Newest(keyOf, room);
  }

  get isEmpty(): boolean {
    return this.#connections.size === 0;
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  delete(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /** A message came in that they can't take. */
  miss(frame: string, except: string | undefined, position: Position | undefined): void {
    if (this.newest !== undefined) this.newest.add(frame, except, position);
    else for (const connection of this.#connections) if (connection.instanceHash !== except) connection.outbox.cut();
  }

  /** The channel tells of a gap. */
  missGap(frame: string, position: Position | undefined): void {
    if (this.newest !== undefined) this.newest.addGap(frame, position);
    else for (const connection of this.#connections) connection.outbox.cut();
  }
}
