import { formatCursor, serverFrame } from '@rt/protocol';
import type { SlowReaderRule } from '../channel/slow-reader.ts';
import type { Connection } from '../connection/connection.ts';
import type { Hub } from './hub.ts';
import type { NewestRoom } from './newest.ts';
import type { Place } from './place.ts';
import type { Recovery } from './recovery.ts';

/** What stragglers need of their node. */
export interface StragglersServices {
  readonly hub: Hub;
  /** Absent where the broker has no log. */
  readonly recovery: Recovery | undefined;
  readonly ruleOf: (channel: string) => SlowReaderRule;
  readonly room: NewestRoom;
  /** The log could not be read for `connection`. */
  readonly failed: (error: unknown, connection: Connection) => void;
}

/**
 * Connections that don't read as fast as they are sent. Nothing is pushed to them until their socket has drained; then
 * each channel goes on by its rule: with all that was missed, with the newest of it, or with what comes.
 * So a slow reader holds a bounded amount of memory, and one that was only sent much at once loses nothing.
 */
export class Stragglers {
  readonly #services: StragglersServices;

  constructor(services: StragglersServices) {
    this.#services = services;
  }

  /** Takes `connection` out of all its channels, and remembers where it stands in each. */
  fellBehind(connection: Connection): void {
    const { hub } = this.#services;
    for (const [name, { state }] of connection.subscriptions) {
      // One that is not live is catching up, and says itself where it stopped.
      if (state !== 'subscribed' || hub.audience(name)?.pause(connection) !== true) continue;
      connection.outbox.leaveAt(name, this.#setAside(name, connection));
    }
  }

  /** Brings `connection`, which was left at `places`, back into its channels. */
  catchUp(connection: Connection, places: ReadonlyMap<string, Place>): void {
    for (const [name, place] of places) {
      const subscription = connection.subscriptions.get(name);
      if (subscription?.state !== 'subscribed') continue;
      // What the channels before it had missed has filled the socket again.
      if (connection.outbox.isBehind) connection.outbox.leaveAt(name, place);
      else this.#goOn(name, connection, place);
    }
  }

  #setAside(name: string, connection: Connection): Place {
    const { hub, ruleOf, room } = this.#services;
    const rule = ruleOf(name);
    const feed = hub.feed(name);
    const position = feed?.position;
    if (rule === 'catch-up') {
      if (feed === undefined) return { kind: 'bus', count: hub.busCount(name) };
      return { kind: 'log', position: feed.position, gaps: feed.gaps };
    }
    const newest = hub.audience(name)?.setAside(connection, rule, room);
    return newest === undefined ? { kind: 'whole', position } : { kind: 'newest', seen: newest.count, position };
  }

  #goOn(name: string, connection: Connection, place: Place): void {
    const { hub, recovery, failed } = this.#services;
    switch (place.kind) {
      case 'log': {
        const feed = hub.feed(name);
        const subscription = connection.subscriptions.get(name);
        if (feed === undefined || recovery === undefined) return;
        const isCurrent = (): boolean => connection.subscriptions.get(name) === subscription;
        recovery.resume(connection, feed, place, isCurrent).catch((error: unknown) => failed(error, connection));
        return;
      }
      case 'bus':
        if (place.count !== hub.busCount(name)) connection.send(serverFrame(['gap', name, 'limit', null]));
        hub.join(name, connection);
        return;
      case 'newest':
        if (this.#sendNewest(name, connection, place)) hub.join(name, connection);
        return;
      case 'whole':
        hub.join(name, connection);
    }
  }

  /** Whether all of it was sent; else `connection` is left where it stands now. */
  #sendNewest(name: string, connection: Connection, place: Extract<Place, { readonly kind: 'newest' }>): boolean {
    const { outbox } = connection;
    const { hub } = this.#services;
    const newest = hub.audience(name)?.slow?.newest;
    if (newest === undefined) throw new Error(`nothing was kept of ${name} for a slow reader`);
    const head = hub.feed(name)?.position;
    let { seen, position } = place;
    const { loss, missed } = newest.after(seen, connection.instanceHash);
    if (loss !== undefined) {
      position = loss.position ?? position;
      seen = loss.number;
      connection.send(serverFrame(['gap', name, 'limit', position === undefined ? null : formatCursor(position)]));
    }
    for (const { number, frame, position: at } of missed) {
      if (!outbox.hasRoom) {
        outbox.leaveAt(name, { kind: 'newest', seen, position });
        return false;
      }
      connection.send(frame);
      seen = number;
      position = at ?? position;
    }
    // What was dropped: its place has passed.
    if (head !== undefined && head !== position) outbox.skip(name, formatCursor(head));
    return true;
  }
}
