import type { Connection } from '../connection/connection.ts';
import type { Hub } from './hub.ts';
import type { Recovery } from './recovery.ts';

/**
 * Connections that don't read as fast as they are sent. Nothing is pushed to them until their socket has drained; then
 * channels with history go on from where they stopped, and the others tell of a loss where there was one.
 * So a slow reader holds a bounded amount of memory, and one that was only sent much at once loses nothing.
 */
export class Stragglers {
  readonly #hub: Hub;
  readonly #recovery: Recovery | undefined;
  readonly #report: (error: unknown, connection: Connection) => void;

  constructor(hub: Hub, recovery: Recovery | undefined, report: (error: unknown, connection: Connection) => void) {
    this.#hub = hub;
    this.#recovery = recovery;
    this.#report = report;
  }

  /** Takes `connection` out of all its channels, and remembers where it stands in each. */
  fallBehind(connection: Connection): void {
    const places = connection.behind ?? new Map();
    connection.behind = places;
    for (const [name, { state }] of connection.subscriptions) {
      // One that is catching up says itself where it stopped.
      if (state !== 'subscribed' || places.has(name) || !this.#hub.leave(name, connection)) continue;
      places.set(name, this.#hub.feed(name)?.position ?? this.#hub.busCount(name));
    }
  }

  /** The socket of `connection` has drained: brings it back into its channels. */
  catchUp(connection: Connection): void {
    const places = connection.behind;
    connection.behind = undefined;
    for (const [name, place] of places ?? []) {
      const subscription = connection.subscriptions.get(name);
      if (subscription?.state !== 'subscribed') continue;
      const feed = this.#hub.feed(name);
      if (typeof place === 'number') {
        if (connection.isFull) {
          // What the channels before it had missed has filled it again.
          connection.leaveBehind(name, place);
          continue;
        }
        if (place !== this.#hub.busCount(name)) this.#hub.sendLoss(name, connection);
        this.#hub.join(name, connection);
      } else if (feed !== undefined) {
        const isCurrent = (): boolean => connection.subscriptions.get(name) === subscription;
        this.#recovery
          ?.resume(connection, feed, place, isCurrent)
          .catch((error: unknown) => this.#report(error, connection));
      }
    }
  }
}
