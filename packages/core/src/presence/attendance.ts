import type { Connection } from '../connection/connection.ts';
import type { Cancel } from '../contracts/clock.ts';
import type { Info } from './info.ts';
import type { Member } from './member.ts';

/**
 * One client program (instance) of a user: it has one connection, two while it moves from one to the next, and none
 * while it is waited for.
 */
interface Place {
  readonly connections: Set<Connection>;
  /** What the authorizer answered to the subscription, as JSON. */
  given: string;
  info: Info;
  /** Which update `info` is from: a slow answer to an earlier one must not undo it. */
  updateNumber: number;
  /** While it is waited for. */
  stopWaiting: Cancel | undefined;
}

/** Starts the time in which a client that dropped may come back; `isOver` is to be called at its end. */
export type StartGrace = (isOver: () => void) => Cancel;

/** A member as clients are told of it. */
export interface Shown {
  readonly member: Member;
  readonly infoText: string;
  /** `[id, info, connectedAt]` */
  readonly text: string;
}

/** One user in one presence channel: the places from which they take part, in the order of their coming. */
export class Attendance {
  readonly id: string;
  readonly #connectedAt: number;
  readonly #places = new Map<string, Place>();
  /** What the others see; `undefined` before the first `refresh`. */
  shown: Shown | undefined;

  constructor(id: string, connectedAt: number) {
    this.id = id;
    this.#connectedAt = connectedAt;
  }

  /** Brings `shown` up to date with the earliest place; `undefined` where none is left. Whether it changed. */
  refresh(): boolean {
    const [first] = this.#places.values();
    if (first?.info.text === this.shown?.infoText) return false;
    this.shown = first === undefined ? undefined : this.#show(first.info);
    return true;
  }

  enter(connection: Connection, info: Info): void {
    const place = this.#places.get(connection.instanceHash);
    if (place === undefined) {
      const connections = new Set([connection]);
      const created = { connections, given: info.text, info, updateNumber: 0, stopWaiting: undefined };
      this.#places.set(connection.instanceHash, created);
      return;
    }
    place.stopWaiting?.();
    place.stopWaiting = undefined;
    place.connections.add(connection);
    // Its own updates outlast a reconnect, but not a new decision of the server.
    if (place.given === info.text) return;
    place.given = info.text;
    place.info = info;
  }

  /** Without `startGrace` it leaves at once. */
  leave(connection: Connection, startGrace: StartGrace | undefined): void {
    const instance = connection.instanceHash;
    const place = this.#places.get(instance);
    if (place?.connections.delete(connection) !== true || place.connections.size > 0) return;
    if (startGrace === undefined) this.#places.delete(instance);
    else place.stopWaiting = startGrace(() => this.#places.delete(instance));
  }

  /** `connection` has new info. Those who are only waited for no longer stand before it. */
  update(connection: Connection, info: Info, updateNumber: number): void {
    const place = this.#places.get(connection.instanceHash);
    if (place === undefined || updateNumber < place.updateNumber) return;
    place.updateNumber = updateNumber;
    place.info = info;
    for (const [instance, { connections, stopWaiting }] of this.#places) {
      if (connections.size > 0) continue;
      stopWaiting?.();
      this.#places.delete(instance);
    }
  }

  stopWaiting(): void {
    for (const place of this.#places.values()) place.stopWaiting?.();
  }

  #show({ value, text }: Info): Shown {
    const member = Object.freeze({ id: this.id, info: value, connectedAt: this.#connectedAt });
    return { member, infoText: text, text: `[${JSON.stringify(this.id)},${text},${this.#connectedAt}]` };
  }
}
