import type { Connection } from '../connection/connection.ts';

/**
 * Rosters may be long, and a client may ask for many at once: of one connection they leave one after the other, and not
 * while its socket is full. So what waits for it stays bounded, and it is not cut because it has many large channels.
 */
export class RosterTurns {
  /** By connection, when the last turn is over. */
  readonly #last = new WeakMap<Connection, Promise<void>>();
  /** By connection, what to call when its socket has room again. */
  readonly #waiting = new WeakMap<Connection, () => void>();

  /**
   * Resolves when `connection` may be sent a roster, or has gone, with what ends the turn. It has to be called, whatever
   * happens: the next one waits for it.
   */
  async begin(connection: Connection): Promise<() => void> {
    const before = this.#last.get(connection);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last.set(connection, promise);
    await before;
    if (connection.outbox.isBehind) await this.#room(connection);
    return resolve;
  }

  /** The socket of `connection` has room again. */
  caughtUp(connection: Connection): void {
    this.#waiting.get(connection)?.();
  }

  async #room(connection: Connection): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = connection;
    const goOn = (): void => resolve();
    this.#waiting.set(connection, goOn);
    signal.addEventListener('abort', goOn);
    if (signal.aborted) goOn();
    await promise;
    signal.removeEventListener('abort', goOn);
    this.#waiting.delete(connection);
  }
}
